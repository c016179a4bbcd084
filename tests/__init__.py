"""Tests: unit/ and integration/ mirror the code, e2e/ and chaos/ run the whole system."""
