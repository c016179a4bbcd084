"""Simulates the ad platforms and form builders that lead people to us."""
