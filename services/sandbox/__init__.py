"""The outside world, pretended, on one port."""
