"""Scheduler's SQL, a module for each table."""
