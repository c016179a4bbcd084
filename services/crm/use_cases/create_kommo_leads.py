"""Creates leads in Kommo in batches, and checks those whose creation had no clear answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from domain.addresses import canonical
from kit.clock import now
from kit.database import DATABASE_FAILURES
from kit.errors import Unavailable, describe
from kit.leader import Lead
from providers.errors import OutcomeUnknown
from providers.kommo.client import BATCH, KommoClient, KommoRefused
from services.crm.decisions.kommo import (
    is_ours,
    lead_body,
    mark,
    next_check_delay,
    same_person,
    searches,
)
from services.crm.repositories.registrations import UnclearLead
from services.crm.settings import Settings
from services.crm.use_cases.kommo_progress import KommoProgress, WaitingLead

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A lead ready to be created: its body, and its contact if Kommo has one."""

    lead_id: int
    body: dict[str, Any]
    contact_id: int | None


def batches(prepared: Sequence[Prepared], *, alone: Collection[int]) -> list[list[Prepared]]:
    """Divides leads into calls.

    New contacts and known ones go to different addresses. Each lead of `alone` gets its own call.
    """
    single = [[lead] for lead in prepared if lead.lead_id in alone]
    together = [lead for lead in prepared if lead.lead_id not in alone]
    new = [lead for lead in together if lead.contact_id is None]
    known = [lead for lead in together if lead.contact_id is not None]
    return [batch for batch in (new, known, *single) if batch]


class LeadCreator:
    """Creates leads during one `election`."""

    def __init__(
        self, progress: KommoProgress, kommo: KommoClient, settings: Settings, election: Lead
    ) -> None:
        self._progress = progress
        self._kommo = kommo
        self._settings = settings
        self._election = election

    async def check_leads(self) -> bool:
        """Checks the leads whose creation had no clear answer. Returns whether there were any."""
        unclear = await self._progress.unclear_leads(BATCH)
        for lead in unclear:
            try:
                await self._check_lead(lead)
            except Unavailable:
                raise
            except Exception as bug:
                log.error("kommo.check_failed", lead_id=lead.lead_id, exc_info=bug)
                if not await self._recheck_lead(lead):
                    await self._progress.lead_failed(lead.lead_id, describe(bug))
        return bool(unclear)

    async def _check_lead(self, lead: UnclearLead) -> None:
        marked = await self._kommo.find_leads(mark(lead.lead_id))
        found = [kommo_lead for kommo_lead in marked if is_ours(kommo_lead, lead.lead_id)]
        if found:
            await self._progress.registered({lead.lead_id: (found[0].lead_id, found[0].contact_id)})
            log.info("kommo.found", lead_id=lead.lead_id, kommo_lead_id=found[0].lead_id)
        elif not await self._recheck_lead(lead):
            await self._progress.lead_not_found(lead.lead_id)

    async def _recheck_lead(self, lead: UnclearLead) -> bool:
        """Schedules the next check. Returns False if this was the last."""
        delay = next_check_delay(self._settings.check_delays, lead.check_count)
        if delay is None:
            return False
        await self._progress.leads_unclear(
            [lead.lead_id], check_count=lead.check_count + 1, check_in=delay
        )
        return True

    async def create_leads(self) -> bool:
        """Creates waiting leads. Returns whether there were any. Raises Unavailable."""
        waiting = await self._progress.claim_leads(BATCH, term=self._election.term)
        prepared: list[Prepared] = []
        try:
            for lead in waiting:
                prepared += await self._prepare(lead)
            alone = {lead.lead_id for lead in waiting if lead.attempts}
            for batch in batches(prepared, alone=alone):
                await self._create(batch)
        except DATABASE_FAILURES:
            raise  # Kommo may have the leads, so the claimed ones are checked in the next run
        except Unavailable:
            await self._progress.release_leads([lead.lead_id for lead in waiting])
            raise
        return bool(waiting)

    async def _prepare(self, lead: WaitingLead) -> list[Prepared]:
        """Returns the lead ready to be created, or nothing if that fails, and the lead with it."""
        try:
            contact_id = await self._contact_of(lead)
            return [Prepared(lead.lead_id, self._body(lead, contact_id), contact_id)]
        except Unavailable:
            raise
        except Exception as bug:
            log.error("kommo.lead_failed", lead_id=lead.lead_id, exc_info=bug)
            await self._progress.lead_failed(lead.lead_id, describe(bug))
            return []

    async def _contact_of(self, lead: WaitingLead) -> int | None:
        card = lead.card
        addresses = [address for address in (card.phone, card.email) if address]
        known = await self._progress.known_contacts(addresses)
        for address in addresses:
            if canonical(address) in known:
                return known[canonical(address)]
        for text in searches(card):
            found = same_person(
                await self._kommo.find_contacts(text), card, self._settings.default_region
            )
            if found is not None:
                return found
        return None

    def _body(self, lead: WaitingLead, contact_id: int | None) -> dict[str, Any]:
        kommo = self._settings.kommo
        fields = {
            "empresa": kommo.field_id_empresa,
            "servicio": kommo.field_id_servicio,
            "fuente": kommo.field_id_fuente,
        }
        return lead_body(
            lead.lead_id,
            lead.card,
            pipeline_id=kommo.pipeline_id,
            status_id=kommo.status_id_inicial,
            fields=fields,
            contact_id=contact_id,
        )

    async def _create(self, batch: Sequence[Prepared]) -> None:
        """Creates the batch in one call. Raises Unavailable when none of it was created."""
        ids = [lead.lead_id for lead in batch]
        asked_at = now()
        try:
            answered = await self._post(batch)
        except Unavailable:
            raise
        except KommoRefused as refused:
            await self._separate(batch, refused)
            return
        except OutcomeUnknown as unclear:
            log.warning("kommo.unclear", leads=len(ids), reason=describe(unclear))
            answered = {}
        except Exception as bug:  # Kommo may have the leads, although its answer is unreadable
            log.error("kommo.not_understood", leads=len(ids), exc_info=bug)
            answered = {}
        if answered:
            await self._progress.registered(answered, asked_at=asked_at)
            log.info("kommo.registered", leads=len(answered), lead_ids=list(answered)[:10])
        missing = [lead_id for lead_id in ids if lead_id not in answered]
        if missing:
            await self._progress.leads_unclear(
                missing, check_count=0, check_in=self._settings.check_delays[0]
            )

    async def _post(self, batch: Sequence[Prepared]) -> dict[int, tuple[int, int | None]]:
        """Creates the batch. Returns Kommo's lead and contact, by our lead id."""
        bodies = [lead.body for lead in batch]
        await self._election.holds()
        if batch[0].contact_id is None:
            registered = await self._kommo.add_leads_with_contacts(bodies)
        else:
            registered = await self._kommo.add_leads(bodies)
        contacts = {str(lead.lead_id): lead.contact_id for lead in batch}
        return {
            int(created.request_id): (
                created.lead_id,
                created.contact_id or contacts[created.request_id],
            )
            for created in registered
            if created.request_id in contacts
        }

    async def _separate(self, batch: Sequence[Prepared], refused: KommoRefused) -> None:
        """Retries a refused batch, of which nothing was created.

        The leads that the refusal names go alone, the rest together. If it names none, all go
        alone.
        """
        if len(batch) == 1:
            reason = next(iter(refused.items.values()), str(refused))
            await self._progress.lead_refused(batch[0].lead_id, reason)
            log.error("kommo.refused", lead_id=batch[0].lead_id, reason=reason)
            return
        culprits = [lead for lead in batch if str(lead.lead_id) in refused.items]
        for lead in culprits or batch:
            await self._create([lead])
        others = [lead for lead in batch if lead not in culprits]
        if culprits and others:
            await self._create(others)
