"""Tools for developers only: the demonstration and the generated documents."""
