"""The one worker that tells Kommo: leads in batches, then notes; looks before it repeats what had no clear answer."""

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
from services.crm.repositories.registrations import (
    Registrations,
    ToLookUp,
    ToMove,
    Waiting,
    WaitingNote,
)
from services.crm.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A lead ready to be created: its body, and its contact where Kommo has one."""

    lead_id: int
    body: dict[str, Any]
    contact_id: int | None


def batches(prepared: Sequence[Prepared], *, alone: Collection[int]) -> list[list[Prepared]]:
    """Divides leads into calls: new contacts and known ones go to different addresses, some leads go `alone`."""
    single = [[lead] for lead in prepared if lead.lead_id in alone]
    together = [lead for lead in prepared if lead.lead_id not in alone]
    new = [lead for lead in together if lead.contact_id is None]
    known = [lead for lead in together if lead.contact_id is not None]
    return [batch for batch in (new, known, *single) if batch]


class KommoSync:
    """One round at a time, and nothing else ever waits for it. It must be elected first."""

    _lead: Lead

    def __init__(
        self, registrations: Registrations, kommo: KommoClient, settings: Settings
    ) -> None:
        self._registrations, self._kommo, self._settings = registrations, kommo, settings
        self._nothing_in_hand = False

    def elected(self, lead: Lead) -> None:
        """A new lead begins: whatever a predecessor left half done must be looked up."""
        self._lead, self._nothing_in_hand = lead, False

    async def round(self) -> bool:
        """One round of work; True when there was some. Raises Unavailable when Kommo is away.

        A bug in one section does not stop the others. What a section, or the last round, left half done is looked up.
        """
        if not self._nothing_in_hand:
            await self._registrations.mark_in_flight_unclear(
                check_in=self._settings.check_delays[0], term=self._lead.term
            )
        self._nothing_in_hand = False
        worked, clean = False, True
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
        self._nothing_in_hand = clean
        return worked

    async def _check_leads(self) -> bool:
        unclear = await self._registrations.unclear_leads(BATCH)
        for lead in unclear:
            try:
                await self._check_lead(lead)
            except Unavailable:
                raise
            except Exception as bug:
                log.error("kommo.look_failed", lead_id=lead.lead_id, exc_info=bug)
                if not await self._recheck_lead(lead):
                    await self._registrations.lead_failed(lead.lead_id, describe(bug))
        return bool(unclear)

    async def _check_lead(self, lead: ToLookUp) -> None:
        marked = await self._kommo.find_leads(mark(lead.lead_id))
        found = [kommo_lead for kommo_lead in marked if is_ours(kommo_lead, lead.lead_id)]
        if found:
            await self._registrations.registered(
                {lead.lead_id: (found[0].lead_id, found[0].contact_id)}
            )
            log.info("kommo.found", lead_id=lead.lead_id, kommo_lead_id=found[0].lead_id)
        elif not await self._recheck_lead(lead):
            await self._registrations.lead_not_found(lead.lead_id)

    async def _recheck_lead(self, lead: ToLookUp) -> bool:
        """Plans the next look; False where this was the last."""
        delay = self._delay_after(lead.check_count)
        if delay is None:
            return False
        await self._registrations.leads_unclear(
            [lead.lead_id], check_count=lead.check_count + 1, check_in=delay
        )
        return True

    def _delay_after(self, check_count: int) -> float | None:
        return next(iter(self._settings.check_delays[check_count + 1 :]), None)

    async def _create_leads(self) -> bool:
        waiting = await self._registrations.take_leads(BATCH, term=self._lead.term)
        prepared: list[Prepared] = []
        try:
            for lead in waiting:
                prepared += await self._prepare(lead)
            for batch in batches(
                prepared, alone={lead.lead_id for lead in waiting if lead.attempts}
            ):
                await self._create(batch)
        except DATABASE_FAILURES:
            raise  # Kommo may have been asked already: what is still in hand is looked up in the next round
        except Unavailable:
            await self._registrations.requeue_leads([lead.lead_id for lead in waiting])
            raise
        return bool(waiting)

    async def _prepare(self, lead: Waiting) -> list[Prepared]:
        """The lead ready to be created; nothing where that fails, and the lead is set aside."""
        try:
            contact_id = await self._contact_of(lead)
            return [Prepared(lead.lead_id, self._body(lead, contact_id), contact_id)]
        except Unavailable:
            raise
        except Exception as bug:
            log.error("kommo.lead_failed", lead_id=lead.lead_id, exc_info=bug)
            await self._registrations.lead_failed(lead.lead_id, describe(bug))
            return []

    async def _contact_of(self, lead: Waiting) -> int | None:
        card = lead.card
        ours = await self._registrations.known_contacts([a for a in (card.phone, card.email) if a])
        for address in (card.phone, card.email):
            if address in ours:
                return ours[address]
        for text in searches(card):
            found = same_person(
                await self._kommo.find_contacts(text), card, self._settings.default_region
            )
            if found is not None:
                return found
        return None

    def _body(self, lead: Waiting, contact_id: int | None) -> dict[str, Any]:
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
        """Creates the batch in one call. Raises Unavailable when nothing of it was created."""
        ids, asked_at = [lead.lead_id for lead in batch], now()
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
        except Exception as bug:  # whatever we made of its answer, Kommo may have them
            log.error("kommo.not_understood", leads=len(ids), exc_info=bug)
            answered = {}
        if answered:
            await self._registrations.registered(answered, asked_at=asked_at)
            log.info("kommo.registered", leads=len(answered), lead_ids=list(answered)[:10])
        if missing := [lead_id for lead_id in ids if lead_id not in answered]:
            await self._registrations.leads_unclear(
                missing, check_count=0, check_in=self._settings.check_delays[0]
            )

    async def _post(self, batch: Sequence[Prepared]) -> dict[int, tuple[int, int | None]]:
        """What Kommo has of the batch now: its lead and its contact, by our lead id."""
        bodies = [lead.body for lead in batch]
        await self._lead.holds()
        if batch[0].contact_id is None:
            done = await self._kommo.add_leads_with_contacts(bodies)
        else:
            done = await self._kommo.add_leads(bodies)
        contacts = {str(lead.lead_id): lead.contact_id for lead in batch}
        return {
            int(created.request_id): (
                created.lead_id,
                created.contact_id or contacts[created.request_id],
            )
            for created in done
            if created.request_id in contacts
        }

    async def _separate(self, batch: Sequence[Prepared], refused: KommoRefused) -> None:
        """A refused batch created nothing: who is named goes alone, the rest again; if nobody is, all alone."""
        if len(batch) == 1:
            reason = next(iter(refused.items.values()), str(refused))
            await self._registrations.lead_refused(batch[0].lead_id, reason)
            log.error("kommo.refused", lead_id=batch[0].lead_id, reason=reason)
            return
        culprits = [lead for lead in batch if str(lead.lead_id) in refused.items]
        for lead in culprits or batch:
            await self._create([lead])
        others = [lead for lead in batch if lead not in culprits]
        if culprits and others:
            await self._create(others)

    async def _move_leads(self) -> bool:
        """Leads with a booking go to the booked stage, and back to where they were when it is cancelled."""
        kommo = self._settings.kommo
        waiting = await self._registrations.to_move(BATCH)
        if not waiting:
            return False
        statuses = await self._kommo.statuses([one.kommo_lead_id for one in waiting])
        targets = {
            one: stage_for(
                statuses.get(one.kommo_lead_id),
                booked=one.booked,
                before=one.status_before,
                agendado=kommo.status_id_agendado,
            )
            for one in waiting
        }
        await self._move([(one, target) for one, target in targets.items() if target is not None])
        for one, target in targets.items():
            found = statuses.get(one.kommo_lead_id) if one.booked and target is not None else None
            await self._registrations.moved(one.lead_id, booked=one.booked, status_before=found)
        return True

    async def _move(self, moves: Sequence[tuple[ToMove, int]]) -> None:
        if not moves:
            return
        pipeline = self._settings.kommo.pipeline_id
        await self._lead.holds()
        try:
            await self._kommo.move_leads(
                [Move(one.kommo_lead_id, status, pipeline) for one, status in moves]
            )
        except KommoRefused as refused:
            if len(moves) > 1:
                for move in moves:
                    await self._move([move])
            else:
                log.error("kommo.move_refused", lead_id=moves[0][0].lead_id, reason=str(refused))
        else:
            log.info(
                "kommo.moved", leads=len(moves), lead_ids=[one.lead_id for one, _ in moves][:10]
            )

    async def _check_notes(self) -> bool:
        unclear = await self._registrations.unclear_notes(BATCH)
        for note in unclear:
            try:
                await self._check_note(note)
            except Unavailable:
                raise
            except Exception as bug:
                log.error("kommo.look_failed", note_id=note.note_id, exc_info=bug)
                if not await self._recheck_note(note):
                    await self._registrations.note_failed(note.note_id, describe(bug))
        return bool(unclear)

    async def _check_note(self, note: WaitingNote) -> None:
        if note.text in await self._kommo.notes_of(note.kommo_lead_id):
            await self._registrations.notes_are([note.note_id], "written")
        elif not await self._recheck_note(note):
            await self._registrations.note_not_found(note.note_id)

    async def _recheck_note(self, note: WaitingNote) -> bool:
        """Plans the next look; False where this was the last."""
        delay = self._delay_after(note.check_count)
        if delay is None:
            return False
        await self._registrations.notes_are(
            [note.note_id], "unclear", check_count=note.check_count + 1, check_in=delay
        )
        return True

    async def _write_notes(self) -> bool:
        notes = await self._registrations.take_notes(BATCH, term=self._lead.term)
        together = [note for note in notes if not note.attempts]
        alone = [[note] for note in notes if note.attempts]
        try:
            for batch in (together, *alone):
                await self._write(batch)
        except DATABASE_FAILURES:
            raise  # Kommo may have been asked already: what is still in hand is looked up in the next round
        except Unavailable:
            await self._registrations.requeue_notes([note.note_id for note in notes])
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
            await self._registrations.notes_are(
                ids, "unclear", check_in=self._settings.check_delays[0]
            )
        except Exception as bug:  # whatever we made of its answer, Kommo may have them
            log.error("kommo.not_understood", notes=len(ids), exc_info=bug)
            await self._registrations.notes_are(
                ids, "unclear", check_in=self._settings.check_delays[0]
            )
        else:
            await self._registrations.notes_are(ids, "written")
            log.info("kommo.notes_written", notes=len(ids))

    async def _separate_notes(self, notes: Sequence[WaitingNote], refused: KommoRefused) -> None:
        """A refused batch wrote nothing: each goes alone, and one that is refused alone stays unwritten."""
        if len(notes) > 1:
            for note in notes:
                await self._write([note])
        else:
            await self._registrations.notes_are([notes[0].note_id], "refused")
            log.error("kommo.note_refused", note_id=notes[0].note_id, reason=str(refused))
