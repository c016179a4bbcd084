"""SQL of what was sent to /api/lead, word for word."""

from datetime import datetime, timedelta

from kit.database import Database
from kit.retention import forget

INSERT_REFUSED = """
insert into raw_submissions
  (delivery_id, source, received_at, state, outcome, content_type, body)
values (nextval('lead_ids'), $1, $2, $3, $4, $5, $6)"""


async def keep_refused(
    database: Database,
    *,
    source: str,
    received_at: datetime,
    state: str,
    outcome: str,
    content_type: str,
    body: bytes,
) -> None:
    """Keeps a body that made no submission, with the reason."""
    await database.fetch(INSERT_REFUSED, source, received_at, state, outcome, content_type, body)


async def forget_old_bodies(database: Database, age: timedelta) -> None:
    """Deletes the bodies older than `age`."""
    is_old = f"received_at < now() - make_interval(secs => {age.total_seconds()})"
    await forget(database, "raw_submissions", is_old)
