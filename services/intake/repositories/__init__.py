"""Intake's SQL, by table."""
