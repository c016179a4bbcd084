"""The words services say to each other: every event, one file per noun."""
