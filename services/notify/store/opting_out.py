"""Notify's SQL: who must not be contacted any more, whichever of their addresses they said it from."""

from collections.abc import Sequence

from contracts.lead import LeadOptedOut
from kit import outbox
from kit.database import Connection

THEIRS = "select lead_id, phone, email from leads where phone = any($1) or email = any($1)"
OPT_OUT = """insert into opt_outs (address, channel, reason) select unnest($1::text[]), $2, $3
             on conflict do nothing returning address"""


async def opt_out(connection: Connection, addresses: Sequence[str], channel: str, reason: str) -> bool:
    """The person behind these addresses is left alone on all of theirs; said of each of their leads, once.

    False where they were before.
    """
    leads = await connection.fetch(THEIRS, list(addresses))
    theirs = {a for lead in leads for a in (lead["phone"], lead["email"]) if a} | set(addresses)
    if not await connection.fetch(OPT_OUT, sorted(theirs), channel, reason):
        return False
    events = [LeadOptedOut(lead_id=lead["lead_id"], channel=channel, reason=reason) for lead in leads]
    await outbox.add(connection, events)
    return True
