"""`visavis bench`: how fast each part is on this machine, beside its peers where they are installed."""
