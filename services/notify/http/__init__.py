"""notify's HTTP routes: webhooks from providers, and reads by operators inside the network."""
