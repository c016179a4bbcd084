"""Moves leads in Kommo to the stage that fits their bookings."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from providers.kommo.client import BATCH, KommoClient, KommoRefused
from providers.kommo.models import KommoLead, Move
from services.crm.decisions.kommo import Place, place_for
from services.crm.decisions.kommo_refusals import plain_move_reason
from services.crm.repositories.registrations import LeadToMove
from services.crm.settings import Settings
from services.crm.use_cases.kommo_progress import KommoProgress

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """Where a lead is in Kommo, and where it is to go. `target` is None where it stays."""

    lead: LeadToMove
    now: Place | None
    target: Place | None


class LeadMover:
    """Moves leads in Kommo."""

    def __init__(self, progress: KommoProgress, kommo: KommoClient, settings: Settings) -> None:
        self._progress = progress
        self._kommo = kommo
        self._settings = settings
        self._agendado = Place(settings.kommo.pipeline_id, settings.kommo.status_id_agendado)

    async def move_leads(self) -> bool:
        """Moves leads with a booking to the booked stage, and those without to the one before."""
        waiting = await self._progress.leads_to_move(BATCH)
        if not waiting:
            return False
        found = await self._kommo.leads([lead.kommo_lead_id for lead in waiting])
        planned = [self._plan(lead, found.get(lead.kommo_lead_id)) for lead in waiting]
        for move in planned:
            if move.target is None:
                await self._progress.lead_moved(move.lead.lead_id, booked=move.lead.wanted_booked)
        await self._move([move for move in planned if move.target is not None])
        return True

    def _plan(self, lead: LeadToMove, deal: KommoLead | None) -> PlannedMove:
        now = None if deal is None else self._place(deal.pipeline_id, deal.status_id)
        before = None
        if lead.status_before is not None:
            before = self._place(lead.pipeline_before, lead.status_before)
        target = place_for(
            now,
            booked=lead.booked,
            before=before,
            agendado=self._agendado,
            merged=lead.merged,
        )
        return PlannedMove(lead, now, target)

    def _place(self, pipeline_id: int | None, status_id: int) -> Place:
        """Returns the place; without a pipeline, in ours."""
        return Place(pipeline_id or self._agendado.pipeline_id, status_id)

    async def _move(self, planned: Sequence[PlannedMove]) -> None:
        """Moves the leads in one call. A refused one is set aside, and holds up no other."""
        if not planned:
            return
        try:
            await self._kommo.move_leads([_move_of(move) for move in planned])
        except KommoRefused as refused:
            await self._separate(planned, refused)
            return
        for move in planned:
            await self._moved(move)
        lead_ids = [move.lead.lead_id for move in planned]
        log.info("kommo.moved", leads=len(lead_ids), lead_ids=lead_ids[:10])

    async def _separate(self, planned: Sequence[PlannedMove], refused: KommoRefused) -> None:
        """Retries a refused batch, of which nothing was moved, in halves."""
        if len(planned) > 1:
            middle = len(planned) // 2
            await self._move(planned[:middle])
            await self._move(planned[middle:])
            return
        lead = planned[0].lead
        errors = refused.items.get(str(lead.kommo_lead_id), ())
        reason = plain_move_reason(errors, str(refused))
        await self._progress.move_refused(
            lead.lead_id, reason, settings=self._settings.kommo.fingerprint
        )
        log.error("kommo.move_refused", lead_id=lead.lead_id, reason=reason)

    async def _moved(self, move: PlannedMove) -> None:
        before = move.now if move.lead.booked else None
        await self._progress.lead_moved(
            move.lead.lead_id,
            booked=move.lead.wanted_booked,
            status_before=before.status_id if before else None,
            pipeline_before=before.pipeline_id if before else None,
        )


def _move_of(move: PlannedMove) -> Move:
    target = move.target
    assert target is not None
    assert target.pipeline_id is not None
    return Move(move.lead.kommo_lead_id, target.status_id, target.pipeline_id)
