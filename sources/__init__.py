"""The ways in: each source's proof of origin, and what its bodies say."""
