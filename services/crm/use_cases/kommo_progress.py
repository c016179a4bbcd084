"""Records how far each lead and note has come in Kommo, and publishes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from contracts.events.failed_work import WorkRetried
from contracts.events.lead import LeadCard, LeadRegistered, LeadRegistrationFailed
from kit.database import Connection, Database
from kit.errors import describe
from kit.failed_work import publish_failed
from kit.messaging import outbox
from services.crm.decisions.kommo_fields import LeftOut
from services.crm.decisions.kommo_refusals import note_about
from services.crm.repositories import notes, registrations
from services.crm.repositories.failed_rows import LEADS, MOVES, NOTES
from services.crm.repositories.notes import WaitingNote
from services.crm.repositories.registrations import InKommo, LeadToMove, UnclearLead

MAX_ATTEMPTS = 5  # creations without a clear answer
NEVER_CLEAR = "Kommo never gave a clear answer"
BY_PAUTA = "Pauta"  # retries by itself what was refused with other settings


@dataclass(frozen=True, slots=True)
class WaitingLead:
    """A lead that Kommo does not have yet.

    `attempts` counts the creations that failed, `turn` the leads that came to Kommo before it.
    """

    lead_id: int
    card: LeadCard
    attempts: int = 0
    turn: int = 0
    person_id: int = 0


@dataclass(frozen=True, slots=True)
class ContactDue:
    """A lead whose contact in Kommo may lack one of these phones and emails."""

    lead_id: int
    kommo_lead_id: int
    card: LeadCard
    due_at: datetime
    phones: Sequence[str]
    emails: Sequence[str]


class KommoProgress:
    """The leads and notes on their way to Kommo. Each method commits before it returns.

    Leads and notes are claimed in a `term`, which ends when another worker is elected.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark_in_flight_unclear(self, *, check_in: float, term: int) -> None:
        """Has claimed leads and notes checked in so many seconds: Kommo may have them or not."""
        async with self._database.transaction() as connection:
            await registrations.mark_in_flight_unclear(connection, check_in=check_in, term=term)
            await notes.mark_in_flight_unclear(connection, check_in=check_in, term=term)

    async def claim_leads(self, limit: int, *, term: int) -> list[WaitingLead]:
        """Claims waiting leads. Those with an unreadable card fail. None once the term is over."""
        waiting: list[WaitingLead] = []
        for row in await registrations.claim(self._database, limit, term=term):
            try:
                card = LeadCard.model_validate(row.card)
            except ValidationError as error:
                await self.lead_failed(row.lead_id, describe(error))
            else:
                waiting.append(
                    WaitingLead(row.lead_id, card, row.attempts, row.turn, row.person_id)
                )
        return waiting

    async def unclear_leads(self, limit: int) -> list[UnclearLead]:
        """Returns leads without a clear answer whose next check is due."""
        return await registrations.unclear(self._database, limit)

    async def known_contact(self, person_id: int) -> int | None:
        """Returns the contact in Kommo of an earlier lead of the person."""
        return await registrations.known_contact(self._database, person_id)

    async def forget_contact(self, contact_id: int) -> None:
        """Forgets a contact that no longer exists in Kommo."""
        await registrations.forget_contact(self._database, contact_id)

    async def left_out(self, lead_id: int, values: Sequence[LeftOut]) -> None:
        """Queues a note for each value that Kommo has no place for, once."""
        for value in values:
            outcome = f"kommo/left_out/{value.name}"
            await notes.insert(self._database, lead_id, note_about(value), outcome=outcome)

    async def registered(
        self, created: Mapping[int, InKommo], *, asked_at: datetime | None = None
    ) -> None:
        """Stores where these leads are in Kommo, and publishes each once.

        `asked_at` is the time of the request. It is None where the answer was lost and the lead was
        found afterwards.
        """
        async with self._database.transaction() as connection:
            rows = await registrations.mark_registered(connection, created)
            events = [
                LeadRegistered(
                    lead_id=row.lead_id,
                    kommo_lead_id=row.kommo_lead_id,
                    kommo_contact_id=row.kommo_contact_id,
                    asked_at=asked_at,
                )
                for row in rows
            ]
            await outbox.add(connection, events)

    async def release_leads(self, lead_ids: Sequence[int]) -> None:
        """Releases those of the leads that are still claimed: they were not created."""
        await registrations.release(self._database, lead_ids)

    async def lead_not_found(self, lead_id: int) -> None:
        """Queues a lead once more that no check has found. It fails after too many attempts."""
        if not await registrations.requeue_unclear(
            self._database, lead_id, max_attempts=MAX_ATTEMPTS
        ):
            await self.lead_failed(lead_id, NEVER_CLEAR)

    async def leads_unclear(
        self, lead_ids: Sequence[int], *, check_count: int, check_in: float
    ) -> None:
        """Has the leads checked in so many seconds."""
        await registrations.mark_unclear(
            self._database, lead_ids, check_count=check_count, check_in=check_in
        )

    async def lead_refused(self, lead_id: int, reason: str, *, settings: str) -> None:
        """Stores and publishes that Kommo refused the lead with these settings.

        A person can have it tried again. With other settings, `retry_refused` does so.
        """
        async with self._database.transaction() as connection:
            if await registrations.mark_refused(connection, lead_id, reason, settings=settings):
                failed = LeadRegistrationFailed(lead_id=lead_id, reason=reason)
                await outbox.add(connection, [failed])
                await _publish_failed(connection, LEADS.kind, lead_id, reason)

    async def retry_refused(self, *, settings: str) -> bool:
        """Queues again what Kommo refused with other settings. Returns whether there was any."""
        async with self._database.transaction() as connection:
            leads = await registrations.retry_refused(connection, settings=settings)
            moves = await registrations.retry_refused_moves(connection, settings=settings)
            retried = [(LEADS.kind, lead) for lead in leads]
            retried += [(MOVES.kind, lead) for lead in moves]
            await outbox.add(
                connection,
                [
                    WorkRetried(lead_id=lead, service="crm", kind=kind, row_id=lead, by=BY_PAUTA)
                    for kind, lead in retried
                ],
            )
        return bool(retried)

    async def lead_failed(self, lead_id: int, reason: str) -> None:
        """Stores and publishes, once, that the lead cannot be processed."""
        async with self._database.transaction() as connection:
            if await registrations.mark_failed(connection, lead_id, reason):
                await _publish_failed(connection, LEADS.kind, lead_id, reason)

    async def leads_to_move(self, limit: int) -> list[LeadToMove]:
        """Returns leads in Kommo whose stage there does not fit their bookings."""
        return await registrations.to_move(self._database, limit)

    async def lead_moved(
        self,
        lead_id: int,
        *,
        booked: bool,
        status_before: int | None = None,
        pipeline_before: int | None = None,
    ) -> None:
        """Stores the stage that Kommo has now. The wanted stage may have changed again since."""
        await registrations.set_stage(
            self._database,
            lead_id,
            booked=booked,
            status_before=status_before,
            pipeline_before=pipeline_before,
        )

    async def move_refused(self, lead_id: int, reason: str, *, settings: str) -> None:
        """Stores and publishes that Kommo refused to move the lead with these settings."""
        async with self._database.transaction() as connection:
            if await registrations.refuse_move(connection, lead_id, reason, settings=settings):
                await _publish_failed(connection, MOVES.kind, lead_id, reason)

    async def contacts_due(self, limit: int) -> list[ContactDue]:
        """Returns leads whose contact in Kommo is to be checked for new phones and emails."""
        return [
            ContactDue(
                row.lead_id,
                row.kommo_lead_id,
                LeadCard.model_validate(row.card),
                row.due_at,
                row.phones,
                row.emails,
            )
            for row in await registrations.contacts_due(self._database, limit)
        ]

    async def contact_settled(self, due: ContactDue, contact_id: int | None) -> None:
        """Stores that the contact has what it should, unless another form has come since."""
        await registrations.settle_contact(
            self._database, due.lead_id, due_at=due.due_at, contact_id=contact_id
        )

    async def leads_to_ask(self, limit: int) -> list[int]:
        """Returns leads of Kommo that Kommo is to be asked about."""
        return await registrations.to_ask(self._database, limit)

    async def ask_kommo(self, kommo_lead_id: int) -> None:
        """Has Kommo asked what became of one of its leads."""
        await registrations.ask_kommo(self._database, [kommo_lead_id])

    async def asked(self, kommo_lead_ids: Sequence[int]) -> None:
        """Stores that Kommo has answered about these of its leads."""
        await registrations.asked(self._database, kommo_lead_ids)

    async def claim_notes(self, limit: int, *, term: int) -> list[WaitingNote]:
        """Claims waiting notes of registered leads. None once the term is over."""
        return await notes.claim(self._database, limit, term=term)

    async def unclear_notes(self, limit: int) -> list[WaitingNote]:
        """Returns notes without a clear answer whose next check is due."""
        return await notes.unclear(self._database, limit)

    async def notes_written(self, note_ids: Sequence[int]) -> None:
        """Stores that Kommo has the notes."""
        await notes.set_state(self._database, note_ids, "written")

    async def notes_refused(self, note_ids: Sequence[int]) -> None:
        """Stores that Kommo has no lead for the notes any more."""
        await notes.set_state(self._database, note_ids, "refused")

    async def notes_unclear(
        self, note_ids: Sequence[int], *, check_count: int = 0, check_in: float
    ) -> None:
        """Has the notes checked in so many seconds."""
        await notes.set_state(
            self._database, note_ids, "unclear", check_count=check_count, check_in=check_in
        )

    async def release_notes(self, note_ids: Sequence[int]) -> None:
        """Releases those of the notes that are still claimed: they were not written."""
        await notes.release(self._database, note_ids)

    async def note_not_found(self, note_id: int) -> None:
        """Queues a note once more that no check has found. It fails after too many attempts."""
        if not await notes.requeue_unclear(self._database, note_id, max_attempts=MAX_ATTEMPTS):
            await self.note_failed(note_id, NEVER_CLEAR)

    async def note_failed(self, note_id: int, reason: str) -> None:
        """Stores and publishes, once, that the note cannot be processed."""
        async with self._database.transaction() as connection:
            lead_id = await notes.mark_failed(connection, note_id, reason)
            if lead_id is not None:
                await _publish_failed(connection, NOTES.kind, lead_id, reason, row_id=note_id)


async def _publish_failed(
    connection: Connection, kind: str, lead_id: int, reason: str, *, row_id: int | None = None
) -> None:
    await publish_failed(
        connection,
        service="crm",
        kind=kind,
        row_id=lead_id if row_id is None else row_id,
        reason=reason,
        lead_id=lead_id,
    )
