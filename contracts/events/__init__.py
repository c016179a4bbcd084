"""Facts that services publish, one class for each."""
