"""Keeps Kommo telling the same story."""
