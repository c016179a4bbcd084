"""The outside providers: for each its client (out), its webhooks (in) and its error tables."""
