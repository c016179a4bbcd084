"""Console's SQL: the audit log, what is projected from it, and the figures on the pages."""
