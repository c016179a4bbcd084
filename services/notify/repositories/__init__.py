"""notify's SQL, by what it is about. Transactions belong to the use cases."""
