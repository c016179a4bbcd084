"""How things read to an operator. Pure: no clock, no database, no network."""
