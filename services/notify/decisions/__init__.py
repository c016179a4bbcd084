"""Decides whether and how to reach out, and what an answer means.

Pure: no clock, no database, no network.
"""
