"""Accepts forms, and publishes lead.created."""
