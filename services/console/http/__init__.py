"""Console's HTTP routes: the API for the command line (`api`), and the operators' pages."""
