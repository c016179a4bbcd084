"""Shared rules of the business: pure, and known to every service."""
