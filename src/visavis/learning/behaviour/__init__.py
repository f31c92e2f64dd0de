"""The behaviour network: sequences of events -> next item, behaviour class, time to the next visit."""
