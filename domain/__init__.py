"""Shared rules of the business: pure, and used by every service."""
