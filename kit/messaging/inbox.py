"""Records the events that a consumer has handled, so that a duplicate has no effect."""

from uuid import UUID

from kit.database import Connection, Database
from kit.retention import forget

TABLE = """
create table inbox (
  consumer text not null,
  event_id uuid not null,
  received_at timestamptz not null default now(),
  primary key (consumer, event_id)
);
create index inbox_received on inbox (received_at);
"""
INSERT_EVENT = """
insert into inbox (consumer, event_id)
values ($1, $2)
on conflict do nothing
returning true
"""


async def first_time(connection: Connection, consumer: str, event_id: UUID) -> bool:
    """Records the event in the caller's transaction; returns False if `consumer` had it already.

    A second delivery at the same moment waits for the first to commit or roll back.
    """
    inserted = await connection.fetchval(INSERT_EVENT, consumer, event_id)
    return inserted is True


async def forget_old(database: Database) -> None:
    """Deletes the events that can no longer be redelivered."""
    await forget(database, "inbox", "received_at < now() - interval '30 days'")
