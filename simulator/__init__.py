"""The outside providers, simulated on one port."""
