"""Kommo, the CRM."""
