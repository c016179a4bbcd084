"""Decides whether and how to reach out, and the meaning of an answer.

Pure: no clock, no database, no network.
"""
