"""The recommending model: what is observed of a member -> probability of each of the scenario's offers."""
