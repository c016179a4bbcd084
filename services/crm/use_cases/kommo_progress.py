"""Records how far each lead and note has come in Kommo, and publishes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from contracts.events.lead import LeadCard, LeadRegistered, LeadRegistrationFailed
from kit.database import Database
from kit.errors import describe
from kit.failed_work import publish_failed
from kit.messaging import outbox
from services.crm.repositories import notes, registrations
from services.crm.repositories.failed_rows import LEADS, NOTES
from services.crm.repositories.notes import WaitingNote
from services.crm.repositories.registrations import LeadToMove, UnclearLead

MAX_ATTEMPTS = 5  # creations without a clear answer
NEVER_CLEAR = "Kommo never gave a clear answer"


@dataclass(frozen=True, slots=True)
class WaitingLead:
    """A lead that Kommo does not have yet. `attempts` counts the creations that failed."""

    lead_id: int
    card: LeadCard
    attempts: int = 0


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
                waiting.append(WaitingLead(row.lead_id, card, row.attempts))
        return waiting

    async def unclear_leads(self, limit: int) -> list[UnclearLead]:
        """Returns leads without a clear answer whose next check is due."""
        return await registrations.unclear(self._database, limit)

    async def known_contacts(self, addresses: Sequence[str]) -> dict[str, int]:
        """Returns the contacts in Kommo of earlier leads, by phone and email."""
        return await registrations.known_contacts(self._database, addresses)

    async def registered(
        self, created: Mapping[int, tuple[int, int | None]], *, asked_at: datetime | None = None
    ) -> None:
        """Stores Kommo's ids (lead, contact) of these leads, and publishes each once.

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

    async def lead_refused(self, lead_id: int, reason: str) -> None:
        """Stores and publishes that Kommo refused the lead, so that a person can act."""
        async with self._database.transaction() as connection:
            await registrations.mark_refused(connection, lead_id, reason)
            await outbox.add(connection, [LeadRegistrationFailed(lead_id=lead_id, reason=reason)])

    async def lead_failed(self, lead_id: int, reason: str) -> None:
        """Stores and publishes, once, that the lead cannot be processed."""
        async with self._database.transaction() as connection:
            if await registrations.mark_failed(connection, lead_id, reason):
                await publish_failed(
                    connection,
                    service="crm",
                    kind=LEADS.kind,
                    row_id=lead_id,
                    reason=reason,
                    lead_id=lead_id,
                )

    async def leads_to_move(self, limit: int) -> list[LeadToMove]:
        """Returns leads in Kommo whose stage there does not fit their bookings."""
        return await registrations.to_move(self._database, limit)

    async def lead_moved(self, lead_id: int, *, booked: bool, status_before: int | None) -> None:
        """Stores the stage that Kommo has now. The wanted stage may have changed again since."""
        await registrations.set_stage(
            self._database, lead_id, booked=booked, status_before=status_before
        )

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
        """Stores that Kommo refused the notes."""
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
                await publish_failed(
                    connection,
                    service="crm",
                    kind=NOTES.kind,
                    row_id=note_id,
                    reason=reason,
                    lead_id=lead_id,
                )
