"""Wishes, each addressed to the one service that owns the matter."""
