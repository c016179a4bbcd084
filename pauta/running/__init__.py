"""Runs the whole system on one machine: with Docker Compose, or as plain processes."""
