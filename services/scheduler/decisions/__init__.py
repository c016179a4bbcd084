"""Which touches a lead gets, and when. Pure: no clock, no database, no network."""
