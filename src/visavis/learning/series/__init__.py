"""Business data as events, and what of a series may be known when."""
