"""Console's SQL: every event, once, in an order a reader can follow."""

from typing import Any

from contracts.event import Event
from kit.database import Database
from services.console.decisions import action

ADD = """insert into actions (event_id, lead_id, topic, at, body, trace) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing returning true"""
# a row counts as readable once no older transaction is still open, so that nobody who follows `id` misses one
FOLLOW = """select id, body, trace from actions
            where id > $1 and ($2::bigint is null or lead_id = $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
            order by id limit $3"""


class Store:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, event: Event, body: dict[str, Any], trace: str | None) -> bool:
        """Keeps the event; False when it was known."""
        rows = await self._database.fetch(ADD, event.event_id, event.lead_id, event.topic, event.at, body, trace)
        return bool(rows)

    async def actions(self, *, after: int = 0, lead_id: int | None = None, limit: int = 1000) -> list[dict[str, Any]]:
        """Actions after the one with id `after`, oldest first, masked."""
        rows = await self._database.fetch(FOLLOW, after, lead_id, limit)
        return [action(row["id"], row["body"], row["trace"]) for row in rows]

    async def newest_id(self) -> int:
        [row] = await self._database.fetch("select coalesce(max(id), 0) as id from actions")
        return int(row["id"])
