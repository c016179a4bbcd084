"""Writes leads and notes to Kommo in batches, and checks those whose call had no clear answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from kit.clock import now
from kit.database import DATABASE_FAILURES
from kit.errors import Unavailable, describe
from kit.leader import Lead
from providers.errors import OutcomeUnknown
from providers.kommo.client import BATCH, KommoClient, KommoRefused
from providers.kommo.models import Move, Note
from services.crm.decisions.kommo import is_ours, lead_body, mark, same_person, searches, stage_for
from services.crm.repositories.notes import WaitingNote
from services.crm.repositories.registrations import LeadToMove, UnclearLead
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


class KommoSync:
    """The worker that writes to Kommo. It must be elected before it runs."""

    _lead: Lead

    def __init__(self, progress: KommoProgress, kommo: KommoClient, settings: Settings) -> None:
        self._progress = progress
        self._kommo = kommo
        self._settings = settings
        self._all_settled = False

    def elected(self, lead: Lead) -> None:
        """Begins a term. The calls that the last worker left unfinished must be checked."""
        self._lead = lead
        self._all_settled = False

    async def run_once(self) -> bool:
        """Runs each section once. Returns whether there was work. Raises Unavailable.

        A bug in one section does not stop the others. The calls that a section, or the last run,
        left unfinished are checked in the next run.
        """
        if not self._all_settled:
            await self._progress.mark_in_flight_unclear(
                check_in=self._settings.check_delays[0], term=self._lead.term
            )
        self._all_settled = False
        worked = False
        clean = True
        for section in (
            self._check_leads,
            self._create_leads,
            self._move_leads,
            self._check_notes,
            self._write_notes,
        ):
            try:
                worked |= await section()
            except Unavailable:
                raise
            except Exception as bug:
                log.error("kommo.section_failed", section=section.__name__, exc_info=bug)
                clean = False
        self._all_settled = clean
        return worked

    async def _check_leads(self) -> bool:
        unclear = await self._progress.unclear_leads(BATCH)
        for lead in unclear:
            try:
                await self._check_lead(lead)
            except Unavailable:
                raise
            except Exception as bug:
                log.error("kommo.look_failed", lead_id=lead.lead_id, exc_info=bug)
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
        delay = self._delay_after(lead.check_count)
        if delay is None:
            return False
        await self._progress.leads_unclear(
            [lead.lead_id], check_count=lead.check_count + 1, check_in=delay
        )
        return True

    def _delay_after(self, check_count: int) -> float | None:
        return next(iter(self._settings.check_delays[check_count + 1 :]), None)

    async def _create_leads(self) -> bool:
        waiting = await self._progress.claim_leads(BATCH, term=self._lead.term)
        prepared: list[Prepared] = []
        try:
            for lead in waiting:
                prepared += await self._prepare(lead)
            alone = {lead.lead_id for lead in waiting if lead.attempts}
            for batch in batches(prepared, alone=alone):
                await self._create(batch)
        except OURS:
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
            if address in known:
                return known[address]
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
        await self._lead.holds()
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

    async def _move_leads(self) -> bool:
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
        await self._lead.holds()
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

    async def _check_notes(self) -> bool:
        unclear = await self._progress.unclear_notes(BATCH)
        for note in unclear:
            try:
                await self._check_note(note)
            except Unavailable:
                raise
            except Exception as bug:
                log.error("kommo.look_failed", note_id=note.note_id, exc_info=bug)
                if not await self._recheck_note(note):
                    await self._progress.note_failed(note.note_id, describe(bug))
        return bool(unclear)

    async def _check_note(self, note: WaitingNote) -> None:
        if note.text in await self._kommo.notes_of(note.kommo_lead_id):
            await self._progress.notes_written([note.note_id])
        elif not await self._recheck_note(note):
            await self._progress.note_not_found(note.note_id)

    async def _recheck_note(self, note: WaitingNote) -> bool:
        """Schedules the next check. Returns False if this was the last."""
        delay = self._delay_after(note.check_count)
        if delay is None:
            return False
        await self._progress.notes_unclear(
            [note.note_id], check_count=note.check_count + 1, check_in=delay
        )
        return True

    async def _write_notes(self) -> bool:
        notes = await self._progress.claim_notes(BATCH, term=self._lead.term)
        together = [note for note in notes if not note.attempts]
        alone = [[note] for note in notes if note.attempts]
        try:
            for batch in (together, *alone):
                await self._write(batch)
        except OURS:
            raise  # Kommo may have the notes, so the claimed ones are checked in the next run
        except Unavailable:
            await self._progress.release_notes([note.note_id for note in notes])
            raise
        return bool(notes)

    async def _write(self, notes: Sequence[WaitingNote]) -> None:
        """Writes the notes in one call. Raises Unavailable when none of them was written."""
        if not notes:
            return
        ids = [note.note_id for note in notes]
        await self._lead.holds()
        try:
            await self._kommo.add_notes([Note(note.kommo_lead_id, note.text) for note in notes])
        except Unavailable:
            raise
        except KommoRefused as refused:
            await self._separate_notes(notes, refused)
            return
        except OutcomeUnknown as unclear:
            log.warning("kommo.unclear", notes=len(ids), reason=describe(unclear))
            await self._progress.notes_unclear(ids, check_in=self._settings.check_delays[0])
        except Exception as bug:  # Kommo may have the notes, although its answer is unreadable
            log.error("kommo.not_understood", notes=len(ids), exc_info=bug)
            await self._progress.notes_unclear(ids, check_in=self._settings.check_delays[0])
        else:
            await self._progress.notes_written(ids)
            log.info("kommo.notes_written", notes=len(ids))

    async def _separate_notes(self, notes: Sequence[WaitingNote], refused: KommoRefused) -> None:
        """Retries each note of a refused batch alone. One that is refused alone stays unwritten."""
        if len(notes) > 1:
            for note in notes:
                await self._write([note])
        else:
            await self._progress.notes_refused([notes[0].note_id])
            log.error("kommo.note_refused", note_id=notes[0].note_id, reason=str(refused))
