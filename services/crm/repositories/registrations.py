"""Crm's SQL: what Kommo should know, and how far it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import ValidationError

from contracts.events.base import Event
from contracts.events.lead import LeadCard, LeadRegistered, LeadRegistrationFailed, LeadUpdated
from kit.database import Database
from kit.errors import describe
from kit.failed_work import publish_failed
from kit.messaging import outbox
from kit.messaging.inbox import forget_old
from providers.kommo.models import Tokens
from services.crm.repositories.failed_rows import LEADS, NOTES

WANT_LEAD = """
with fresh as (insert into inbox (consumer, event_id) values ('crm.leads', $1) on conflict do nothing returning 1),
wanted as (insert into registrations (lead_id, card, phone, email, state, person_id)
           select $2, $3::text::jsonb, $4, $5, 'waiting', $7 from fresh on conflict do nothing),
form as (insert into submissions (submission_id, lead_id, phone, email)
         select $2, $2, $4, $5 from fresh on conflict do nothing)
insert into notes (lead_id, text) select $2, $6 from fresh"""
KEEP_FORM = """insert into submissions (submission_id, lead_id, phone, email)
               select $1, $2, $3, $4
               where not exists (select 1 from registrations where lead_id = $2 and erased) on conflict do nothing"""
WANT_NOTE = """
with fresh as (insert into inbox (consumer, event_id) values ('crm.notes', $1) on conflict do nothing returning 1)
insert into notes (lead_id, text, outcome)
select $2, $3, $4 from fresh where not exists (select 1 from registrations where lead_id = $2 and erased)
on conflict (lead_id, outcome) do nothing"""
TAKE_LEADS = """update registrations set state = 'sending' where lead_id in (
                  select lead_id from registrations where state = 'waiting' and not erased
                    and (select term from leaders where name = 'tell_kommo') = $2
                  order by lead_id limit $1)
                returning lead_id, card, attempts"""
TAKE_NOTES = """update notes set state = 'sending' where id in (
                  select id from notes join registrations r using (lead_id)
                  where notes.state = 'waiting' and r.state = 'registered'
                    and (select term from leaders where name = 'tell_kommo') = $2 order by id limit $1)
                returning id, text, attempts,
                  (select kommo_lead_id from registrations r where r.lead_id = notes.lead_id)"""
LEAD_FAILED = """update registrations set state = 'failed', reason = $2, updated_at = now()
                 where lead_id = $1 and state in ('sending', 'unclear') returning true"""
NOTE_FAILED = """update notes set state = 'failed', reason = $2
                 where id = $1 and state in ('sending', 'unclear') returning lead_id"""
LEAD_NOT_FOUND = """update registrations set state = 'waiting', attempts = attempts + 1
                    where lead_id = $1 and state = 'unclear' and attempts < $2 returning true"""
NOTE_NOT_FOUND = """update notes set state = 'waiting', attempts = attempts + 1
                    where id = $1 and state = 'unclear' and attempts < $2 returning true"""
REGISTER = """update registrations set state = 'registered', kommo_lead_id = done.kommo,
                kommo_contact_id = done.contact, updated_at = now()
              from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as done(lead, kommo, contact)
              where lead_id = done.lead and state <> 'registered' returning lead_id, kommo_lead_id, kommo_contact_id"""
TRIES = 5  # of what Kommo never answers clearly
NEVER_CLEAR = "Kommo never gave a clear answer"
CONTACTS = """select phone, email, kommo_contact_id from registrations
              where (phone = any($1) or email = any($1)) and kommo_contact_id is not null order by lead_id"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lead that Kommo does not have yet; `attempts` counts the creations that came to nothing."""

    lead_id: int
    card: LeadCard
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class ToLookUp:
    """A lead whose creation had no clear answer; check_count counts how often it was looked up."""

    lead_id: int
    check_count: int


@dataclass(frozen=True, slots=True)
class ToMove:
    """A lead whose stage in Kommo is not what its bookings make it; `status_before` is where it was found."""

    lead_id: int
    kommo_lead_id: int
    booked: bool
    status_before: int | None


@dataclass(frozen=True, slots=True)
class WaitingNote:
    note_id: int
    kommo_lead_id: int
    text: str
    check_count: int = 0
    attempts: int = 0


class Registrations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue_lead(
        self, event_id: UUID, lead_id: int, person_id: int | None, card: LeadCard, first_note: str
    ) -> None:
        """Kommo should have this lead. A repeated event has no effect."""
        await self._database.fetch(
            WANT_LEAD,
            event_id,
            lead_id,
            card.model_dump_json(),
            card.phone,
            card.email,
            first_note,
            person_id or lead_id,
        )

    async def keep_form(self, event: LeadUpdated) -> None:
        """Notes the id that a further form of the lead was answered with, and the addresses it names."""
        card = event.card
        await self._database.fetch(
            KEEP_FORM, event.submission_id, event.lead_id, card.phone, card.email
        )

    async def enqueue_note(
        self, event_id: UUID, lead_id: int, text: str, *, outcome: str | None = None
    ) -> None:
        """Kommo should have this note. A repeated event has no effect, nor another with the same `outcome`."""
        await self._database.fetch(WANT_NOTE, event_id, lead_id, text, outcome)

    async def mark_in_flight_unclear(self, *, check_in: float, term: int) -> None:
        """What a predecessor was sending when it vanished may be in Kommo or not. Only who leads doubts it."""
        async with self._database.transaction() as connection:
            for table in ("registrations", "notes"):
                await connection.execute(
                    f"""update {table} set state = 'unclear', check_count = 0, check_at = now() + make_interval(secs => $1)
                        where state = 'sending'
                          and (select term from leaders where name = 'tell_kommo') = $2""",  # noqa: S608 - two lines above
                    check_in,
                    term,
                )

    async def take_leads(self, limit: int, *, term: int) -> list[Waiting]:
        """Takes waiting leads in hand; committed when this returns. A lead whose card cannot be read is set aside.

        None once the `term` of whoever asks is over.
        """
        waiting = []
        for row in await self._database.fetch(TAKE_LEADS, limit, term):
            try:
                waiting.append(
                    Waiting(row["lead_id"], LeadCard.model_validate(row["card"]), row["attempts"])
                )
            except ValidationError as error:
                await self.lead_failed(row["lead_id"], describe(error))
        return waiting

    async def unclear_leads(self, limit: int) -> list[ToLookUp]:
        """Leads whose creation had no clear answer and whose look is due."""
        rows = await self._database.fetch(
            "select lead_id, check_count from registrations where state = 'unclear' and check_at <= now() limit $1",
            limit,
        )
        return [ToLookUp(**row) for row in rows]

    async def known_contacts(self, addresses: Sequence[str]) -> dict[str, int]:
        """Contacts that earlier leads of ours have in Kommo, by phone and email."""
        rows = await self._database.fetch(CONTACTS, list(addresses))
        return {
            a: row["kommo_contact_id"] for row in rows for a in (row["phone"], row["email"]) if a
        }

    async def registered(
        self, done: Mapping[int, tuple[int, int | None]], *, asked_at: datetime | None = None
    ) -> None:
        """Kommo has these leads, under these ids (lead, contact); says so once for each.

        `asked_at` is when it was asked for them; None where its answer was lost, and they were found afterwards.
        """
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                REGISTER,
                list(done),
                [kommo for kommo, _ in done.values()],
                [contact for _, contact in done.values()],
            )
            events: list[Event] = [
                LeadRegistered(
                    lead_id=row["lead_id"],
                    kommo_lead_id=row["kommo_lead_id"],
                    kommo_contact_id=row["kommo_contact_id"],
                    asked_at=asked_at,
                )
                for row in rows
            ]
            await outbox.add(connection, events)

    async def requeue_leads(self, lead_ids: Sequence[int]) -> None:
        """Those of them that are still in hand were not created; they wait again."""
        await self._database.fetch(
            "update registrations set state = 'waiting' where lead_id = any($1) and state = 'sending'",
            list(lead_ids),
        )

    async def lead_not_found(self, lead_id: int) -> None:
        """Every look found nothing: it waits again, or is set aside where that has happened too often."""
        if not await self._database.fetch(LEAD_NOT_FOUND, lead_id, TRIES):
            await self.lead_failed(lead_id, NEVER_CLEAR)

    async def leads_unclear(
        self, lead_ids: Sequence[int], *, check_count: int, check_in: float
    ) -> None:
        await self._database.fetch(
            """update registrations set state = 'unclear', check_count = $2, check_at = now() + make_interval(secs => $3)
               where lead_id = any($1) and state in ('sending', 'unclear')""",
            list(lead_ids),
            check_count,
            check_in,
        )

    async def lead_refused(self, lead_id: int, reason: str) -> None:
        """Kommo will not take it; a person must look."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "update registrations set state = 'refused', reason = $2 where lead_id = $1",
                lead_id,
                reason,
            )
            await outbox.add(connection, [LeadRegistrationFailed(lead_id=lead_id, reason=reason)])

    async def lead_failed(self, lead_id: int, reason: str) -> None:
        """Sets a lead aside that we cannot work on; said once."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(LEAD_FAILED, lead_id, reason):
                await publish_failed(
                    connection,
                    service="crm",
                    kind=LEADS.kind,
                    row_id=lead_id,
                    reason=reason,
                    lead_id=lead_id,
                )

    async def note_failed(self, note_id: int, reason: str) -> None:
        """Sets a note aside that we cannot work on; said once."""
        async with self._database.transaction() as connection:
            lead_id = await connection.fetchval(NOTE_FAILED, note_id, reason)
            if lead_id is not None:
                await publish_failed(
                    connection,
                    service="crm",
                    kind=NOTES.kind,
                    row_id=note_id,
                    reason=reason,
                    lead_id=lead_id,
                )

    async def requeue_notes(self, note_ids: Sequence[int]) -> None:
        """Those of them that are still in hand were not written; they wait again."""
        await self._database.fetch(
            "update notes set state = 'waiting' where id = any($1) and state = 'sending'",
            list(note_ids),
        )

    async def note_not_found(self, note_id: int) -> None:
        """Every look found nothing: it waits again, or is set aside where that has happened too often."""
        if not await self._database.fetch(NOTE_NOT_FOUND, note_id, TRIES):
            await self.note_failed(note_id, NEVER_CLEAR)

    async def to_move(self, limit: int) -> list[ToMove]:
        """Leads that Kommo has, in another stage than they should be."""
        rows = await self._database.fetch(
            """select lead_id, kommo_lead_id, stage_wanted = 'booked' as booked, status_before from registrations
               where stage <> stage_wanted and state = 'registered' order by lead_id limit $1""",
            limit,
        )
        return [ToMove(**row) for row in rows]

    async def moved(self, lead_id: int, *, booked: bool, status_before: int | None) -> None:
        """Kommo shows it so; what is wanted may be something else again by now."""
        await self._database.fetch(
            "update registrations set stage = $2, status_before = coalesce($3, status_before) where lead_id = $1",
            lead_id,
            "booked" if booked else "initial",
            status_before,
        )

    async def take_notes(self, limit: int, *, term: int) -> list[WaitingNote]:
        """Takes notes of registered leads in hand; committed when this returns. None once the `term` is over."""
        rows = await self._database.fetch(TAKE_NOTES, limit, term)
        return sorted(
            (
                WaitingNote(row["id"], row["kommo_lead_id"], row["text"], attempts=row["attempts"])
                for row in rows
            ),
            key=lambda note: note.note_id,
        )

    async def unclear_notes(self, limit: int) -> list[WaitingNote]:
        rows = await self._database.fetch(
            """select id, kommo_lead_id, text, notes.check_count from notes join registrations r using (lead_id)
               where notes.state = 'unclear' and notes.check_at <= now() order by id limit $1""",
            limit,
        )
        return [
            WaitingNote(row["id"], row["kommo_lead_id"], row["text"], row["check_count"])
            for row in rows
        ]

    async def notes_are(
        self,
        note_ids: Sequence[int],
        state: str,
        *,
        check_count: int = 0,
        check_in: float | None = None,
    ) -> None:
        """`state` is unclear, written or refused."""
        await self._database.fetch(
            "update notes set state = $2, check_count = $3, check_at = now() + make_interval(secs => $4) where id = any($1)",
            list(note_ids),
            state,
            check_count,
            check_in,
        )

    async def tokens(self) -> tuple[Tokens, datetime] | None:
        """The last pair that Kommo gave, and when the access token ends."""
        rows = await self._database.fetch("select access, refresh, expires_at from tokens")
        return (
            (Tokens(rows[0]["access"], rows[0]["refresh"], 0), rows[0]["expires_at"])
            if rows
            else None
        )

    async def keep_tokens(self, tokens: Tokens, now: datetime) -> None:
        await self._database.fetch(
            """insert into tokens (single, access, refresh, expires_at) values (true, $1, $2, $3)
               on conflict (single) do update set access = $1, refresh = $2, expires_at = $3""",
            tokens.access,
            tokens.refresh,
            now + timedelta(seconds=tokens.expires_in),
        )

    async def forget_old_events(self) -> None:
        await forget_old(self._database)
