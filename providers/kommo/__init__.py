"""Kommo."""
