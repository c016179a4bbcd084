"""The audit log of every message, and the operators' pages. It decides nothing about a lead."""
