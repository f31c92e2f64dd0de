"""`visavis report`: what happened, to whom together, what changed, and what to improve. Nobody can be picked out."""
