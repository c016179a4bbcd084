"""Closes leads that a person has won, lost, deleted or taken over in Kommo."""

from collections.abc import Sequence

import structlog

from contracts.events.lead import LeadClosed
from kit.database import Database
from kit.messaging import outbox
from providers.kommo.models import Change
from services.crm.decisions.closure import Stages, closed_by, is_unclear
from services.crm.decisions.kommo import Place
from services.crm.repositories import registrations
from services.crm.repositories.registrations import KommoRegistration
from services.crm.settings import KommoSettings

log = structlog.get_logger()


def stages_of(kommo: KommoSettings) -> Stages:
    """Returns the stages that are ours or the robots'."""
    return Stages(
        kommo.pipeline_id,
        kommo.status_id_inicial,
        kommo.status_id_agendado,
        kommo.robots_stages,
    )


async def close_leads(database: Database, changes: Sequence[Change], stages: Stages) -> None:
    """Closes the leads for which the changes end our follow-up.

    Where a change leaves a doubt, Kommo is asked. Two leads may share one in Kommo.
    """
    for change in changes:
        for lead in await registrations.by_kommo_lead(database, change.kommo_lead_id):
            await _close_lead(database, lead, change, stages)


async def _close_lead(
    database: Database, lead: KommoRegistration, change: Change, stages: Stages
) -> None:
    before = _before(lead, stages)
    if is_unclear(change, stages, ever_booked=lead.ever_booked, before=before):
        await registrations.ask_kommo(database, [change.kommo_lead_id])
        return
    reason = closed_by(change, stages, ever_booked=lead.ever_booked, before=before)
    if reason is None:
        return
    async with database.transaction() as connection:
        if await registrations.close(connection, lead.lead_id, reason):
            await outbox.add(connection, [LeadClosed(lead_id=lead.lead_id, reason=reason)])
    log.info("lead.closed", lead_id=lead.lead_id, reason=reason)


def _before(lead: KommoRegistration, stages: Stages) -> Place | None:
    if lead.status_before is None:
        return None
    return Place(lead.pipeline_before or stages.pipeline, lead.status_before)
