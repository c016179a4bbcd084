"""The command line: set up, start, stop, demonstrate."""
