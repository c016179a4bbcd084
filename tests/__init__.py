"""Mirrors the whole; journeys/ tells whole stories on real servers."""
