"""What a consumer has already heard, so that a duplicate has no effect."""

from uuid import UUID

from kit.database import Connection, Database
from kit.retention import forget

TABLE = """
create table inbox (
  consumer text not null, event_id uuid not null, received_at timestamptz not null default now(),
  primary key (consumer, event_id));
create index inbox_received on inbox (received_at);
"""


async def first_time(connection: Connection, consumer: str, event_id: UUID) -> bool:
    """Notes the event in the caller's transaction; False when `consumer` had noted it before.

    A second delivery at the same moment waits for the first to commit or roll back.
    """
    return (
        await connection.fetchval(
            "insert into inbox (consumer, event_id) values ($1, $2) on conflict do nothing returning true",
            consumer,
            event_id,
        )
        is True
    )


async def forget_old(database: Database) -> None:
    """Deletes what no redelivery can reach any more."""
    await forget(database, "inbox", "received_at < now() - interval '30 days'")
