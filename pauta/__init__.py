"""The command line: set up, start, stop, demonstrate."""

__version__ = "0.9.0"
