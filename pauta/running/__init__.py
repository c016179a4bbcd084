"""The whole system on one machine: by Docker Compose where an engine answers, else as plain processes."""
