"""Meta lead ads, on Facebook and Instagram."""
