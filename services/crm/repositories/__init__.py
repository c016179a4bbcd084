"""Crm's SQL, by table."""

from kit.database import Connection, Database

# a Database commits each statement by itself, a Connection is the caller's transaction
Executor = Database | Connection
