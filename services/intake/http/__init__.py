"""Intake's HTTP routes: the doors that forms and platforms use, and what console asks."""
