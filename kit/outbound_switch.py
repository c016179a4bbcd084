"""The switch that pauses all outbound traffic, stored by each service that sends."""

from contracts.events.outbound import OutboundPaused, OutboundResumed
from kit.database import Database
from kit.messaging import outbox

TABLE = """
create table switch (
  single boolean primary key default true check (single),
  paused boolean not null,
  by text not null,
  reason text not null,
  at timestamptz not null default now()
);
"""
UPSERT_SWITCH = """
insert into switch (paused, by, reason, at)
values ($1, $2, $3, $4)
on conflict (single) do update
set paused = $1, by = $2, reason = $3, at = $4
where switch.at <= $4
returning true
"""


class OutboundSwitch:
    """The operator's last decision."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, event: OutboundPaused | OutboundResumed, *, publish: bool = False) -> None:
        """Stores the switch's position, and publishes the event in the same transaction if asked.

        An event that is older than the stored one has no effect.
        """
        paused = isinstance(event, OutboundPaused)
        reason = event.reason if isinstance(event, OutboundPaused) else ""
        async with self._database.transaction() as connection:
            changed = await connection.fetchval(UPSERT_SWITCH, paused, event.by, reason, event.at)
            if changed and publish:
                await outbox.add(connection, [event])

    async def paused(self) -> bool:
        """Returns whether outbound is paused."""
        rows = await self._database.fetch("select paused from switch")
        return bool(rows and rows[0]["paused"])
