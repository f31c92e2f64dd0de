"""The pages on which staff signs in: plain forms, without a script."""
