"""The endings of the names of texts that belong to another text."""

VOICEMAIL = "_voicemail"  # what a call says to a machine
NO_CALL = "_no_call"  # what follows a call that was not placed, or did not ring
