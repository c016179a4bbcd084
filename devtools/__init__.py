"""What only developers run: the demonstration and the documents."""
