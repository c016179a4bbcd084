"""Moves leads in Kommo to the stage that fits their bookings."""

from collections.abc import Sequence

import structlog

from kit.leader import Lead
from providers.kommo.client import BATCH, KommoClient, KommoRefused
from providers.kommo.models import Move
from services.crm.decisions.kommo import stage_for
from services.crm.repositories.registrations import LeadToMove
from services.crm.settings import Settings
from services.crm.use_cases.kommo_progress import KommoProgress

log = structlog.get_logger()


class LeadMover:
    """Moves leads during one `election`."""

    def __init__(
        self, progress: KommoProgress, kommo: KommoClient, settings: Settings, election: Lead
    ) -> None:
        self._progress = progress
        self._kommo = kommo
        self._settings = settings
        self._election = election

    async def move_leads(self) -> bool:
        """Moves leads with a booking to the booked stage, and those without to the one before."""
        kommo = self._settings.kommo
        waiting = await self._progress.leads_to_move(BATCH)
        if not waiting:
            return False
        statuses = await self._kommo.statuses([lead.kommo_lead_id for lead in waiting])
        targets = {
            lead: stage_for(
                statuses.get(lead.kommo_lead_id),
                booked=lead.booked,
                before=lead.status_before,
                agendado=kommo.status_id_agendado,
            )
            for lead in waiting
        }
        moves = [(lead, target) for lead, target in targets.items() if target is not None]
        await self._move(moves)
        for lead, target in targets.items():
            was_moved = lead.booked and target is not None
            await self._progress.lead_moved(
                lead.lead_id,
                booked=lead.booked,
                status_before=statuses.get(lead.kommo_lead_id) if was_moved else None,
            )
        return True

    async def _move(self, moves: Sequence[tuple[LeadToMove, int]]) -> None:
        if not moves:
            return
        pipeline = self._settings.kommo.pipeline_id
        await self._election.holds()
        try:
            await self._kommo.move_leads(
                [Move(lead.kommo_lead_id, status, pipeline) for lead, status in moves]
            )
        except KommoRefused as refused:
            if len(moves) > 1:
                for move in moves:
                    await self._move([move])
            else:
                log.error("kommo.move_refused", lead_id=moves[0][0].lead_id, reason=str(refused))
        else:
            log.info(
                "kommo.moved", leads=len(moves), lead_ids=[lead.lead_id for lead, _ in moves][:10]
            )
