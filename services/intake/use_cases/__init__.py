"""The operations of intake, one file each. Each owns its transaction."""
