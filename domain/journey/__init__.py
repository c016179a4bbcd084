"""The marketing team's file: which touches a lead gets, and when a person may be reached. Pure."""
