"""notify's SQL: the texts of touches. A message's text is stored with its settlement (touches)."""

from typing import Any
from uuid import UUID

from kit.database import Connection, Database

UPSERT_TEXT = """
insert into texts (touch_id, lead_id, subject, text)
select touch_id, lead_id, '', $2
from touches join leads using (lead_id)
where touch_id = $1 and $2 <> '' and not erased
on conflict (touch_id) do update
set text = excluded.text, at = now()"""
SELECT_TEXTS = """
select t.touch_id, touches.step, touches.channel, t.subject, t.text, t.at
from texts t join touches using (touch_id)
where t.lead_id = $1
order by t.at, t.touch_id"""


async def store(database: Database | Connection, touch_id: UUID, text: str) -> None:
    """Stores the text of a call."""
    await database.fetch(UPSERT_TEXT, touch_id, text)


async def of_lead(database: Database, lead_id: int) -> list[dict[str, Any]]:
    """Returns the texts that the lead was sent, the oldest first."""
    return [dict(row) for row in await database.fetch(SELECT_TEXTS, lead_id)]


async def of_touch(connection: Connection, touch_id: UUID) -> str:
    """Returns the text of a call; empty where it is not known."""
    rows = await connection.fetch("select text from texts where touch_id = $1", touch_id)
    return str(rows[0]["text"]) if rows else ""
