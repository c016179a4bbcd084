"""Cal.com, where leads book their meetings."""
