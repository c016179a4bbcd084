"""The audit log: every event, once, in an order a reader can follow."""

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

# ids become readable in their order, so that nobody who follows them misses one: each is given out under a lock that
# its transaction holds until it is committed
ADD = """with turn as materialized (select pg_advisory_xact_lock(1))
         insert into actions (event_id, lead_id, topic, at, body, trace)
         select event_id, lead_id, topic, at, body::jsonb, trace
         from turn, unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
           with ordinality as heard(event_id, lead_id, topic, at, body, trace, number)
         order by number
         on conflict do nothing returning event_id"""
# two statements each, for one that may or may not name a lead would be planned for neither
FOLLOW = "select id, body, trace from actions where id > $1 order by id limit $2"
FOLLOW_ONE = (
    "select id, body, trace from actions where id > $1 and lead_id = $3 order by id limit $2"
)

SWITCHED = """select body from actions where topic in ('outbound.paused', 'outbound.resumed')
              order by (body->>'at')::timestamptz desc, id desc limit 1"""
SWITCH_COMMANDS = """select body from actions where topic in ('outbound.pause', 'outbound.resume')
                     order by (body->>'at')::timestamptz desc, id desc limit 1"""
UNKNOWN = """select id, body, trace from actions a where topic = 'touch.unresolved'
               and not exists (select 1 from actions later where later.lead_id = a.lead_id and later.id > a.id
                 and later.topic in ('touch.sent', 'touch.delivered', 'touch.failed', 'touch.skipped', 'touch.resolved')
                 and later.body->>'touch_id' = a.body->>'touch_id')
               and not exists (select 1 from leads where leads.lead_id = a.lead_id and erased_at is not null)
             order by id limit $1"""

OF_LEAD = """select id, at, body, trace from (select * from actions where lead_id = $1 order by id desc limit $2) newest
             order by at, id"""
NEWEST_PROJECTED = (
    "select max(id) as id from actions where id > $1 and id <= (select until from projected)"
)
NEWEST_PROJECTED_OF_ONE = f"{NEWEST_PROJECTED} and lead_id = $2"


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as it was published, and the trace that it belongs to."""

    message: Message
    body: dict[str, Any]
    trace: str | None


class Store:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, heard: Sequence[Heard]) -> list[bool]:
        """Keeps the events, in their order; of each, whether it is new. Raises OverflowError for an impossible time."""
        rows = await self._database.fetch(
            ADD,
            [each.message.event_id for each in heard],
            [each.message.lead_id for each in heard],
            [each.message.topic for each in heard],
            [each.message.at.astimezone(UTC) for each in heard],
            [json.dumps(each.body) for each in heard],
            [each.trace for each in heard],
        )
        added = {row["event_id"] for row in rows}
        return [each.message.event_id in added for each in heard]

    async def actions(
        self, *, after: int = 0, lead_id: int | None = None, limit: int = 1000
    ) -> list[dict[str, Any]]:
        """Actions after the one with id `after`, oldest first, masked."""
        if lead_id is None:
            rows = await self._database.fetch(FOLLOW, after, limit)
        else:
            rows = await self._database.fetch(FOLLOW_ONE, after, limit, lead_id)
        return [action(row["id"], row["body"], row["trace"]) for row in rows]

    async def switched(self) -> dict[str, Any] | None:
        """The last word about the switch, as the event that said it; None when it was never turned."""
        rows = await self._database.fetch(SWITCHED)
        return dict(rows[0]["body"]) if rows else None

    async def unknown_touches(self, *, limit: int = 1000) -> list[dict[str, Any]]:
        """Touches of which nobody can say whether they were sent, and of which nothing was heard since."""
        return [
            action(row["id"], row["body"], row["trace"])
            for row in await self._database.fetch(UNKNOWN, limit)
        ]

    async def switch(self) -> dict[str, Any]:
        """Returns whether everything that leaves is paused, since when and by whom.

        `pending` is the command that notify has not carried out yet: "pause", "resume" or None.
        """
        commands = await self._database.fetch(SWITCH_COMMANDS)
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
        """The newest events, as they were said, the latest first."""
        rows = await self._database.fetch(
            "select id, lead_id, at, body from actions order by id desc limit $1", limit
        )
        return [dict(row) for row in rows]

    async def events_of(self, lead_id: int, *, limit: int = 1000) -> list[dict[str, Any]]:
        """What was said of a lead, by the time it happened."""
        rows = await self._database.fetch(OF_LEAD, lead_id, limit)
        return [dict(row) for row in rows]

    async def newest_projected(self, after: int, lead_id: int | None) -> int | None:
        """The newest event after `after`, of one lead or of any, that the pages already show."""
        if lead_id is None:
            rows = await self._database.fetch(NEWEST_PROJECTED, after)
        else:
            rows = await self._database.fetch(NEWEST_PROJECTED_OF_ONE, after, lead_id)
        newest: int | None = rows[0]["id"]
        return newest

    async def publish(self, message: Message) -> None:
        await outbox.publish(self._database, message)

    async def newest_id(self) -> int:
        [row] = await self._database.fetch("select coalesce(max(id), 0) as id from actions")
        return int(row["id"])


def _time(body: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(body["at"])
