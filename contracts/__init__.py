"""What crosses a process border: events, commands, and the answers between services."""
