"""How events, leads and failures are shown to an operator. Pure: no clock, database or network."""
