"""What console is asked: by the command line and by tests (api), and by an operator's browser (the others)."""
