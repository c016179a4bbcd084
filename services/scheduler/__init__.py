"""Which touch comes next, and when."""
