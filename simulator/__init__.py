"""The outside world, simulated, on one port."""
