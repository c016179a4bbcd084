"""Keeps Kommo and Cal.com in step with Pauta: leads, notes, bookings."""
