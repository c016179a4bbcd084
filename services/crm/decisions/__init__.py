"""The rules of crm: entries in Kommo, a lead's booking, and the end of our follow-up. Pure."""
