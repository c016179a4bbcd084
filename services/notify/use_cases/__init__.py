"""notify's use cases: each reads, decides, acts and records, and owns its transaction."""
