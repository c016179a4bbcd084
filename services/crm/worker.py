"""The one worker that tells Kommo: leads in batches, then notes; looks before it repeats what had no clear answer."""

from collections.abc import Sequence

import structlog

from kit.clock import now
from kit.failures import Unavailable, describe
from providers.answers import Unclear
from providers.kommo.client import BATCH, KommoClient, KommoRefused, Move, Note, Registered
from services.crm.decisions.kommo import is_ours, lead_body, mark, same_person, searches, stage_for
from services.crm.settings import Settings
from services.crm.store.registrations import Registrations, ToMove, Waiting, WaitingNote

log = structlog.get_logger()


class Worker:
    """One round at a time, and nothing else ever waits for it."""

    def __init__(self, registrations: Registrations, kommo: KommoClient, settings: Settings) -> None:
        self._registrations, self._kommo, self._settings = registrations, kommo, settings
        self._inherited = False

    def elected(self) -> None:
        """A new lead begins: whatever a predecessor left half done must be looked up."""
        self._inherited = False

    async def round(self) -> bool:
        """One round of work; True when there was some. Raises Unavailable when Kommo is away."""
        if not self._inherited:
            await self._registrations.doubt_unfinished(look_in=self._settings.look_delays[0])
            self._inherited = True
        worked = [
            await self._look_up_leads(),
            await self._create_leads(),
            await self._move_leads(),
            await self._look_up_notes(),
            await self._write_notes(),
        ]
        return any(worked)

    async def _look_up_leads(self) -> bool:
        unclear = await self._registrations.unclear_leads(BATCH)
        for one in unclear:
            found = [lead for lead in await self._kommo.find_leads(mark(one.lead_id)) if is_ours(lead, one.lead_id)]
            if found:
                await self._registrations.registered({one.lead_id: (found[0].lead_id, found[0].contact_id)})
                log.info("kommo.found", lead_id=one.lead_id, kommo_lead_id=found[0].lead_id)
            elif one.looks + 1 < len(self._settings.look_delays):
                delay = self._settings.look_delays[one.looks + 1]
                await self._registrations.leads_unclear([one.lead_id], looks=one.looks + 1, look_in=delay)
            else:
                await self._registrations.leads_back([one.lead_id])
        return bool(unclear)

    async def _create_leads(self) -> bool:
        waiting = await self._registrations.take_leads(BATCH)
        if not waiting:
            return False
        try:
            contacts = {one.lead_id: await self._contact_of(one) for one in waiting}
        except Unavailable:
            await self._registrations.leads_back([one.lead_id for one in waiting])
            raise
        new = [one for one in waiting if contacts[one.lead_id] is None]
        known = [one for one in waiting if contacts[one.lead_id] is not None]
        try:
            await self._create(new, contacts)
            await self._create(known, contacts)
        except Unavailable:
            await self._registrations.leads_back([one.lead_id for one in (*new, *known)])
            raise
        return True

    async def _contact_of(self, one: Waiting) -> int | None:
        card = one.card
        ours = await self._registrations.known_contacts([a for a in (card.phone, card.email) if a])
        for address in (card.phone, card.email):
            if address in ours:
                return ours[address]
        for text in searches(card):
            found = same_person(await self._kommo.find_contacts(text), card, self._settings.default_region)
            if found is not None:
                return found
        return None

    async def _create(self, batch: Sequence[Waiting], contacts: dict[int, int | None]) -> None:
        """Creates the batch in one call. Raises Unavailable when nothing of it was created."""
        if not batch:
            return
        ids, asked_at = [one.lead_id for one in batch], now()
        try:
            done = await self._post(batch, contacts)
        except Unclear as unclear:
            await self._registrations.leads_unclear(ids, looks=0, look_in=self._settings.look_delays[0])
            log.warning("kommo.unclear", leads=len(ids), reason=describe(unclear))
            return
        except KommoRefused as refused:
            await self._separate(batch, contacts, refused)
            return
        answered = {int(r.request_id): (r.lead_id, r.contact_id or contacts[int(r.request_id)]) for r in done}
        await self._registrations.registered(answered, asked_at=asked_at)
        if missing := [lead_id for lead_id in ids if lead_id not in answered]:
            await self._registrations.leads_unclear(missing, looks=0, look_in=self._settings.look_delays[0])
        log.info("kommo.registered", leads=len(answered), lead_ids=list(answered)[:10])

    async def _post(self, batch: Sequence[Waiting], contacts: dict[int, int | None]) -> list[Registered]:
        kommo = self._settings.kommo
        fields = {
            "empresa": kommo.field_id_empresa,
            "servicio": kommo.field_id_servicio,
            "fuente": kommo.field_id_fuente,
        }
        bodies = [
            lead_body(
                one.lead_id,
                one.card,
                pipeline_id=kommo.pipeline_id,
                status_id=kommo.status_id_inicial,
                fields=fields,
                contact_id=contacts[one.lead_id],
            )
            for one in batch
        ]
        if contacts[batch[0].lead_id] is None:
            return await self._kommo.add_leads_with_contacts(bodies)
        return await self._kommo.add_leads(bodies)

    async def _separate(self, batch: Sequence[Waiting], contacts: dict[int, int | None], refused: KommoRefused) -> None:
        """A refused batch created nothing: who is named goes alone, the rest again; if nobody is, all alone."""
        if len(batch) == 1:
            reason = next(iter(refused.items.values()), str(refused))
            await self._registrations.lead_refused(batch[0].lead_id, reason)
            log.error("kommo.refused", lead_id=batch[0].lead_id, reason=reason)
            return
        culprits = [one for one in batch if str(one.lead_id) in refused.items]
        for one in culprits or batch:
            await self._create([one], contacts)
        if culprits:
            await self._create([one for one in batch if one not in culprits], contacts)

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
        try:
            await self._kommo.move_leads([Move(one.kommo_lead_id, status, pipeline) for one, status in moves])
        except KommoRefused as refused:
            if len(moves) > 1:
                for move in moves:
                    await self._move([move])
            else:
                log.error("kommo.move_refused", lead_id=moves[0][0].lead_id, reason=str(refused))
        else:
            log.info("kommo.moved", leads=len(moves), lead_ids=[one.lead_id for one, _ in moves][:10])

    async def _look_up_notes(self) -> bool:
        unclear = await self._registrations.unclear_notes(BATCH)
        for one in unclear:
            if one.text in await self._kommo.notes_of(one.kommo_lead_id):
                await self._registrations.notes_are([one.note_id], "written")
            elif one.looks + 1 < len(self._settings.look_delays):
                delay = self._settings.look_delays[one.looks + 1]
                await self._registrations.notes_are([one.note_id], "unclear", looks=one.looks + 1, look_in=delay)
            else:
                await self._registrations.notes_are([one.note_id], "waiting")
        return bool(unclear)

    async def _write_notes(self) -> bool:
        notes = await self._registrations.take_notes(BATCH)
        if notes:
            await self._write(notes)
        return bool(notes)

    async def _write(self, notes: Sequence[WaitingNote]) -> None:
        ids = [one.note_id for one in notes]
        try:
            await self._kommo.add_notes([Note(one.kommo_lead_id, one.text) for one in notes])
        except Unavailable:
            await self._registrations.notes_are(ids, "waiting")
            raise
        except Unclear as unclear:
            await self._registrations.notes_are(ids, "unclear", look_in=self._settings.look_delays[0])
            log.warning("kommo.unclear", notes=len(ids), reason=describe(unclear))
        except KommoRefused as refused:
            if len(notes) > 1:
                for one in notes:
                    await self._write([one])
            else:
                await self._registrations.notes_are(ids, "refused")
                log.error("kommo.note_refused", note_id=ids[0], reason=str(refused))
        else:
            await self._registrations.notes_are(ids, "written")
            log.info("kommo.notes_written", notes=len(ids))
