"""Where notify is entered by HTTP: by the companies from outside, by operators from inside."""
