"""The marketing team's file: the touches of a lead, and when a person may be contacted. Pure."""
