"""The door in: a form becomes lead.created."""
