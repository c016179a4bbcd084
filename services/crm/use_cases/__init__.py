"""The operations of crm, one file each. Each owns its transaction."""
