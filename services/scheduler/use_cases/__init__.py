"""What happens in scheduler, a module for each: it reads, decides, acts and records."""
