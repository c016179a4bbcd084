"""Brevo, which sends our email."""
