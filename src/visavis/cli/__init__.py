"""The command line: one thin command a verb; each imports what it starts, when it starts it."""

from visavis.cli.app import main

__all__ = ["main"]
