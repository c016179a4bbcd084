"""The rules of intake: whose a form is, what is held, and when a source is silent. Pure."""
