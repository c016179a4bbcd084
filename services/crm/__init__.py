"""TokenStore Kommo telling the same story."""
