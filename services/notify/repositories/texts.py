"""Notify's SQL: what touches said. That of a message is written where its sending is settled (ledger)."""

from typing import Any
from uuid import UUID

from kit.database import Database

KEEP = """insert into texts (touch_id, lead_id, subject, text)
          select touch_id, lead_id, '', $2 from touches join leads using (lead_id) where touch_id = $1 and $2 <> ''
            and not erased
          on conflict (touch_id) do update set text = excluded.text, at = now()"""
OF_LEAD = """select t.touch_id, touches.step, touches.channel, t.subject, t.text, t.at
             from texts t join touches using (touch_id) where t.lead_id = $1 order by t.at, t.touch_id"""


class Texts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, touch_id: UUID, text: str) -> None:
        """Keeps what a call says, as it is said."""
        await self._database.fetch(KEEP, touch_id, text)

    async def of_lead(self, lead_id: int) -> list[dict[str, Any]]:
        """What the lead was told, the oldest first."""
        return [dict(row) for row in await self._database.fetch(OF_LEAD, lead_id)]
