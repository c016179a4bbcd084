"""Notify's SQL: the ledger of touches, and what operators order."""
