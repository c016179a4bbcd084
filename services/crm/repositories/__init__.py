"""Crm's SQL: what Kommo should know, and who has booked."""
