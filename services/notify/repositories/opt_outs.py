"""Notify's SQL: who must not be contacted any more, and how far that reaches.

Only the address that a stop came from, or went to, is never contacted again. From an address of a lead's first form it
ends everything of that lead but its meeting; from one that was added later, the lead waits for an operator.
"""

from contracts.events.base import Event
from contracts.events.lead import Attention, LeadNeedsAttention, LeadOptedOut
from kit.database import Connection
from kit.messaging import outbox

NEVER = """insert into opt_outs (address, channel, reason) values ($1, $2, $3) on conflict do nothing returning true"""
THEIRS = """select lead_id, bool_or(submission_id = lead_id) as first from submissions
            where phone = $1 or email = $1 group by lead_id order by lead_id"""
STOP = "update leads set stopped = true where lead_id = $1 and not stopped returning true"
WAIT = """insert into paused_leads (lead_id, paused, at) values ($1, true, $2)
          on conflict (lead_id) do update set paused = true, at = $2 where not paused_leads.paused returning true"""


async def opt_out(connection: Connection, address: str, channel: str, reason: str) -> bool:
    """Nothing more goes to this address, and what that means for its leads is said. False where it was so before."""
    fresh = bool(await connection.fetchval(NEVER, address, channel, reason))
    events: list[Event] = []
    for row in await connection.fetch(THEIRS, address):
        if row["first"]:
            events += await _stopped(connection, row["lead_id"], channel, reason)
        elif fresh:
            waits = LeadNeedsAttention(
                lead_id=row["lead_id"], reason=Attention.ADDED_ADDRESS_STOPPED
            )
            if await connection.fetchval(WAIT, row["lead_id"], waits.at):
                events.append(waits)
    await outbox.add(connection, events)
    return fresh


async def opt_out_lead(connection: Connection, lead_id: int, channel: str, reason: str) -> None:
    """The lead is left alone, wherever it can be reached."""
    await outbox.add(connection, await _stopped(connection, lead_id, channel, reason))


async def _stopped(connection: Connection, lead_id: int, channel: str, reason: str) -> list[Event]:
    if not await connection.fetchval(STOP, lead_id):
        return []
    return [LeadOptedOut(lead_id=lead_id, channel=channel, reason=reason)]
