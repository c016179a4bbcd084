"""Events leave with the transaction that made them: the table that `kit.messaging.relay` publishes from."""

from collections.abc import Sequence

from contracts.events.base import Event
from kit.database import Connection, Database
from kit.observability import tracing

TABLE = """
create table outbox (
  id bigint generated always as identity primary key, event_id uuid not null unique, topic text not null,
  lead_id bigint not null, body bytea not null, traceparent text not null,
  created_at timestamptz not null default now(), next_attempt_at timestamptz not null default now(),
  attempts int not null default 0, last_error text,
  -- a row that cannot be published through its own fault is counted, and set aside in the end
  failures int not null default 0, failed_at timestamptz);
create index outbox_due on outbox (next_attempt_at, id);
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 5000);
"""
ADD = """insert into outbox (event_id, topic, lead_id, body, traceparent)
         select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bytea[], $5::text[])
         on conflict (event_id) do nothing"""


async def add(connection: Connection, events: Sequence[Event]) -> None:
    """Puts `events` into the caller's transaction, with the current trace; one that waits already only once."""
    if not events:
        return
    await connection.execute(
        ADD,
        [event.event_id for event in events],
        [event.topic for event in events],
        [event.lead_id for event in events],
        [event.model_dump_json().encode() for event in events],
        [tracing.current()] * len(events),
    )


async def publish(database: Database, *events: Event) -> None:
    """Says `events` in a transaction of their own."""
    async with database.transaction() as connection:
        await add(connection, events)
