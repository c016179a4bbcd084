"""The answers that services give each other by HTTP."""
