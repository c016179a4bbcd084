"""The companies outside: for each its client (out), its webhooks (in), and its error tables."""
