"""Console's SQL for the audit log: every message, once, in an order that a reader can follow."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.events.outbound import OutboundPaused
from contracts.message import Message
from kit.database import Database
from kit.messaging import outbox
from services.console.decisions.actions import action
from services.console.repositories.erasures import Entry, Erasures

# Ids become visible in their order, so that a reader that follows them misses none: each is
# assigned under a lock that its transaction holds until it is committed.
INSERT_ACTIONS = """
with turn as materialized (select pg_advisory_xact_lock(1))
insert into actions (event_id, lead_id, topic, at, body, trace)
select event_id, lead_id, topic, at, body::jsonb, trace
from turn,
     unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
       with ordinality as received(event_id, lead_id, topic, at, body, trace, number)
order by number
on conflict do nothing
returning event_id
"""
# Two statements each: one with an optional lead would have a plan that fits neither case.
SELECT_AFTER = """
select id, body, trace from actions
where id > $1
order by id
limit $2
"""
SELECT_AFTER_OF_LEAD = """
select id, body, trace from actions
where id > $1 and lead_id = $3
order by id
limit $2
"""

SELECT_LAST_SWITCH = """
select body from actions
where topic in ('outbound.paused', 'outbound.resumed')
order by (body->>'at')::timestamptz desc, id desc
limit 1
"""
SELECT_LAST_SWITCH_COMMAND = """
select body from actions
where topic in ('outbound.pause', 'outbound.resume')
order by (body->>'at')::timestamptz desc, id desc
limit 1
"""
SELECT_UNKNOWN_TOUCHES = """
select id, body, trace from actions a
where topic = 'touch.unresolved'
  and not exists (
    select 1 from actions later
    where later.lead_id = a.lead_id
      and later.id > a.id
      and later.topic in (
        'touch.sent', 'touch.delivered', 'touch.failed', 'touch.skipped', 'touch.resolved'
      )
      and later.body->>'touch_id' = a.body->>'touch_id'
  )
  and not exists (
    select 1 from leads where leads.lead_id = a.lead_id and erased_at is not null
  )
order by id
limit $1
"""

SELECT_UNMATCHED_REPLIES = """
select event_id, at, body from actions
where topic = 'reply.unmatched'
  and body->>'sender' <> ''
  and event_id::text not in (
    select body->>'reply_id' from actions where topic = 'reply.attended'
  )
order by id
limit $1
"""
SELECT_OF_LEAD = """
select id, at, body, trace
from (select * from actions where lead_id = $1 order by id desc limit $2) newest
order by at, id
"""
SELECT_NEWEST_PROJECTED = """
select max(id) as id from actions
where id > $1 and id <= (select until from projected)
"""
SELECT_NEWEST_PROJECTED_OF_LEAD = f"{SELECT_NEWEST_PROJECTED} and lead_id = $2"


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message as it was published, and the trace that it belongs to."""

    message: Message
    body: dict[str, Any]
    trace: str | None


class Actions:
    """The audit log, and the outbox through which console publishes."""

    def __init__(self, database: Database, erasures: Erasures) -> None:
        self._database = database
        self._erasures = erasures

    async def add(self, received: Sequence[ReceivedMessage]) -> list[bool]:
        """Stores the messages in their order. Returns of each whether it is new.

        Those of an erased person are stored without their data. Raises OverflowError for an
        impossible time.
        """
        entries = [Entry(entry.message.lead_id, entry.message.at, entry.body) for entry in received]
        bodies = await self._erasures.without_data(self._database, entries)
        rows = await self._database.fetch(
            INSERT_ACTIONS,
            [entry.message.event_id for entry in received],
            [entry.message.lead_id for entry in received],
            [entry.message.topic for entry in received],
            [entry.message.at.astimezone(UTC) for entry in received],
            [json.dumps(body) for body in bodies],
            [entry.trace for entry in received],
        )
        added = {row["event_id"] for row in rows}
        return [entry.message.event_id in added for entry in received]

    async def actions(
        self, *, after: int = 0, lead_id: int | None = None, limit: int = 1000
    ) -> list[dict[str, Any]]:
        """Returns the actions after the one with id `after`, oldest first, masked."""
        if lead_id is None:
            rows = await self._database.fetch(SELECT_AFTER, after, limit)
        else:
            rows = await self._database.fetch(SELECT_AFTER_OF_LEAD, after, limit, lead_id)
        return [action(row["id"], row["body"], row["trace"]) for row in rows]

    async def switched(self) -> dict[str, Any] | None:
        """Returns the last event about the outbound switch; None where there was none."""
        rows = await self._database.fetch(SELECT_LAST_SWITCH)
        return dict(rows[0]["body"]) if rows else None

    async def unknown_touches(self, *, limit: int = 1000) -> list[dict[str, Any]]:
        """Returns touches whose outcome is unknown, and about which no event came since."""
        rows = await self._database.fetch(SELECT_UNKNOWN_TOUCHES, limit)
        return [action(row["id"], row["body"], row["trace"]) for row in rows]

    async def unmatched_replies(self, *, limit: int) -> list[dict[str, Any]]:
        """Returns replies of no lead that no operator has attended to, the oldest first."""
        rows = await self._database.fetch(SELECT_UNMATCHED_REPLIES, limit)
        return [dict(row) for row in rows]

    async def switch(self) -> dict[str, Any]:
        """Returns whether outbound is paused, since when and by whom.

        `pending` is the command that notify has not carried out yet: "pause", "resume" or None.
        """
        commands = await self._database.fetch(SELECT_LAST_SWITCH_COMMAND)
        asked = commands[0]["body"] if commands else None
        fact = await self.switched()
        pending = None
        if asked is not None and (fact is None or _time(asked) > _time(fact)):
            pending = asked["topic"].partition(".")[2]
        if fact is None:
            return {"paused": False, "pending": pending}
        return {
            "paused": fact["topic"] == OutboundPaused.topic_name(),
            "pending": pending,
            "by": fact["by"],
            "at": fact["at"],
            "reason": fact.get("reason", ""),
        }

    async def newest(self, limit: int) -> list[dict[str, Any]]:
        """Returns the newest messages as they were published, the latest first."""
        rows = await self._database.fetch(
            "select id, lead_id, at, body from actions order by id desc limit $1", limit
        )
        return [dict(row) for row in rows]

    async def events_of(self, lead_id: int, *, limit: int = 1000) -> list[dict[str, Any]]:
        """Returns the messages about a lead, in the order in which they happened."""
        rows = await self._database.fetch(SELECT_OF_LEAD, lead_id, limit)
        return [dict(row) for row in rows]

    async def newest_projected(self, after: int, lead_id: int | None) -> int | None:
        """Returns the id of the newest projected message after `after`; of one lead, or of any.

        None where the pages show nothing newer.
        """
        if lead_id is None:
            rows = await self._database.fetch(SELECT_NEWEST_PROJECTED, after)
        else:
            rows = await self._database.fetch(SELECT_NEWEST_PROJECTED_OF_LEAD, after, lead_id)
        newest: int | None = rows[0]["id"]
        return newest

    async def publish(self, message: Message) -> None:
        await outbox.publish(self._database, message)

    async def newest_id(self) -> int:
        [row] = await self._database.fetch("select coalesce(max(id), 0) as id from actions")
        return int(row["id"])


def _time(body: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(body["at"])
