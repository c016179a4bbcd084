"""What Kommo is told, what a calendar's webhook means for a lead, and when a lead is no longer ours. Pure."""
