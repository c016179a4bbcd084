"""Looks, never decides: the audit log of everything said."""
