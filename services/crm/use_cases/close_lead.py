"""Closes leads that a person has won, lost, deleted or taken over in Kommo."""

from collections.abc import Sequence

import structlog

from contracts.events.lead import LeadClosed
from kit.database import Database
from kit.messaging import outbox
from providers.kommo.models import Change
from services.crm.decisions.closure import Stages, closed_by
from services.crm.repositories import registrations

log = structlog.get_logger()


async def close_leads(database: Database, changes: Sequence[Change], stages: Stages) -> None:
    """Closes the leads for which the changes end our follow-up."""
    for change in changes:
        await _close_lead(database, change, stages)


async def _close_lead(database: Database, change: Change, stages: Stages) -> None:
    lead = await registrations.by_kommo_lead(database, change.kommo_lead_id)
    if lead is None:
        return
    reason = closed_by(change, stages, ever_booked=lead.ever_booked)
    if reason is None:
        return
    async with database.transaction() as connection:
        if await registrations.close(connection, lead.lead_id, reason):
            await outbox.add(connection, [LeadClosed(lead_id=lead.lead_id, reason=reason)])
    log.info("lead.closed", lead_id=lead.lead_id, reason=reason)
