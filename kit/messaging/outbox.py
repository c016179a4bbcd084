"""Stores events in the transaction that makes them, for `kit.messaging.relay` to publish."""

from collections.abc import Sequence

from contracts.message import Message
from kit.database import Connection, Database
from kit.observability import tracing

TABLE = """
create table outbox (
  id bigint generated always as identity primary key,
  event_id uuid not null unique,
  exchange text not null default 'events',
  routing_key text not null,
  lead_id bigint not null,
  body bytea not null,
  traceparent text not null,
  created_at timestamptz not null default now(),
  next_attempt_at timestamptz not null default now(),
  attempts int not null default 0,
  last_error text,
  -- counts the failures that are the row's own fault, and in the end sets the row aside
  failures int not null default 0,
  failed_at timestamptz
);
create index outbox_due on outbox (next_attempt_at, id);
alter table outbox set (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 5000
);
"""
INSERT_MESSAGES = """
insert into outbox (event_id, exchange, routing_key, lead_id, body, traceparent)
select *
from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::text[])
on conflict (event_id) do nothing
"""


async def add(connection: Connection, messages: Sequence[Message]) -> None:
    """Adds `messages` to the outbox in the caller's transaction, with the current trace.

    A message that waits in the outbox already is not added a second time.
    """
    if not messages:
        return
    await connection.execute(
        INSERT_MESSAGES,
        [message.event_id for message in messages],
        [message.exchange for message in messages],
        [message.routing_key for message in messages],
        [message.lead_id for message in messages],
        [message.model_dump_json().encode() for message in messages],
        [tracing.current()] * len(messages),
    )


async def publish(database: Database, *messages: Message) -> None:
    """Adds `messages` to the outbox in a transaction of their own."""
    async with database.transaction() as connection:
        await add(connection, messages)
