"""Records that a person must not be contacted, and how far that reaches.

Only the address that a stop came from, or went to, is never contacted again. From an address of a
lead's first form it ends every touch of that lead except those of its meeting. From an address that
was added later, the lead waits for an operator.

A stop may overtake the form that it answers: it reaches that lead with the lead's next touch. A
form that was accepted after a stop is another wish, and is answered at its other addresses.
"""

from dataclasses import dataclass
from typing import Any

import structlog

from contracts.events.base import Event
from contracts.events.lead import Attention, LeadNeedsAttention, LeadOptedOut
from kit.database import Connection, Database
from kit.errors import Unavailable
from kit.messaging import outbox
from services.notify.repositories import callbacks, leads, opt_outs, recent_stops
from services.notify.use_cases.find_form import UNKNOWN_LEAD

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stop has changed: the leads, and whether the address was contacted until then."""

    lead_ids: tuple[int, ...] = ()
    is_new: bool = False


async def opt_out(address: str, channel: str, reason: str, database: Database) -> Stopped:
    """Opts the address out. A repeat has no effect."""
    async with database.transaction() as connection:
        return await opt_out_address(connection, address, channel, reason)


async def opt_out_once(
    key: str, address: str, channel: str, reason: str, body: dict[str, Any], database: Database
) -> Stopped:
    """Opts out the address that a stop came from, once per callback."""
    async with database.transaction() as connection:
        if await callbacks.store(connection, key, None, body):
            return await opt_out_address(connection, address, channel, reason)
    return Stopped()


async def opt_out_address(
    connection: Connection, address: str, channel: str, reason: str, text: str = ""
) -> Stopped:
    """Opts the address out, and publishes the consequences for the leads that gave it."""
    is_new = await opt_outs.add(connection, address, channel, reason)
    await recent_stops.store(connection, address, channel, reason, text)
    events: list[Event] = []
    for lead in await leads.with_address(connection, address):
        if lead.in_first_form:
            events += await _stop(connection, lead.lead_id, channel, reason, text)
        elif is_new:
            attention = LeadNeedsAttention(
                lead_id=lead.lead_id, reason=Attention.ADDED_ADDRESS_STOPPED
            )
            if await leads.pause(connection, lead.lead_id, attention.at):
                events.append(attention)
    await outbox.add(connection, events)
    return Stopped(tuple(event.lead_id for event in events), is_new)


async def opt_out_lead(
    connection: Connection, lead_id: int, channel: str, reason: str, text: str = ""
) -> Stopped:
    """Opts the lead out, whatever its addresses."""
    events = await _stop(connection, lead_id, channel, reason, text)
    await outbox.add(connection, events)
    return Stopped(tuple(event.lead_id for event in events))


async def obey_recent_stop(lead_id: int, database: Database) -> None:
    """Opts the lead out by a stop that came before its form was stored. A repeat has no effect."""
    async with database.transaction() as connection:
        stop = await recent_stops.since_first_form(connection, lead_id)
        if stop is None:
            return
        stopped = await opt_out_lead(connection, lead_id, stop.channel, stop.reason, stop.text)
    log.info("lead.stop_obeyed_late", lead_id=lead_id, stopped=bool(stopped.lead_ids))


async def opt_out_everywhere(
    connection: Connection, lead_id: int, addresses: list[str], channel: str, reason: str
) -> None:
    """Opts the lead out, and each of these addresses."""
    for address in addresses:
        await opt_out_address(connection, address, channel, reason)
    await opt_out_lead(connection, lead_id, channel, reason)


async def lock_addresses(connection: Connection, lead_id: int) -> list[str]:
    """Locks the lead, and returns every address in its forms.

    Raises Unavailable while the lead is unknown.
    """
    if not await leads.lock(connection, lead_id):
        raise Unavailable(UNKNOWN_LEAD)
    return await leads.addresses_of(connection, lead_id)


async def _stop(
    connection: Connection, lead_id: int, channel: str, reason: str, text: str
) -> list[Event]:
    if not await leads.stop(connection, lead_id):
        return []
    return [LeadOptedOut(lead_id=lead_id, channel=channel, reason=reason, text=text)]
