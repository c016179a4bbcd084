"""The command line: sets up, starts, stops, backs up and checks the system."""
