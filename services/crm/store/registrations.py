"""Crm's SQL: what Kommo should know, and how far it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.event import Event
from contracts.lead import LeadCard, LeadRegistered, LeadUnregistered
from kit import outbox
from kit.database import Database
from kit.inbox import forget_old
from providers.kommo.oauth import Tokens

WANT_LEAD = """
with fresh as (insert into inbox (consumer, event_id) values ('crm.leads', $1) on conflict do nothing returning 1),
wanted as (insert into registrations (lead_id, card, phone, email, state)
           select $2, $3::text::jsonb, $4, $5, 'waiting' from fresh on conflict do nothing)
insert into notes (lead_id, text) select $2, $6 from fresh"""
WANT_NOTE = """
with fresh as (insert into inbox (consumer, event_id) values ('crm.notes', $1) on conflict do nothing returning 1)
insert into notes (lead_id, text)
select $2, $3 from fresh where not exists (select 1 from registrations where lead_id = $2 and erased)"""
TAKE_LEADS = """update registrations set state = 'sending' where lead_id in (
                  select lead_id from registrations where state = 'waiting' and not erased
                  order by lead_id limit $1)
                returning lead_id, card"""
TAKE_NOTES = """update notes set state = 'sending' where id in (
                  select id from notes join registrations r using (lead_id)
                  where notes.state = 'waiting' and r.state = 'registered' order by id limit $1)
                returning id, text, (select kommo_lead_id from registrations r where r.lead_id = notes.lead_id)"""
REGISTER = """update registrations set state = 'registered', kommo_lead_id = done.kommo,
                kommo_contact_id = done.contact, updated_at = now()
              from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as done(lead, kommo, contact)
              where lead_id = done.lead and state <> 'registered' returning lead_id, kommo_lead_id, kommo_contact_id"""
CONTACTS = """select phone, email, kommo_contact_id from registrations
              where (phone = any($1) or email = any($1)) and kommo_contact_id is not null order by lead_id"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lead that Kommo does not have yet; `looks` counts how often an unclear answer was followed up."""

    lead_id: int
    card: LeadCard
    looks: int = 0


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
    looks: int = 0


class Registrations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def want_lead(self, event_id: UUID, lead_id: int, card: LeadCard, first_note: str) -> None:
        """Kommo should have this lead. A repeated event has no effect."""
        await self._database.fetch(
            WANT_LEAD, event_id, lead_id, card.model_dump_json(), card.phone, card.email, first_note
        )

    async def want_note(self, event_id: UUID, lead_id: int, text: str) -> None:
        """Kommo should have this note. A repeated event has no effect."""
        await self._database.fetch(WANT_NOTE, event_id, lead_id, text)

    async def doubt_unfinished(self, *, look_in: float) -> None:
        """What a predecessor was sending when it vanished may be in Kommo or not. Only the leader may ask this."""
        async with self._database.transaction() as connection:
            for table in ("registrations", "notes"):
                await connection.execute(
                    f"""update {table} set state = 'unclear', looks = 0, look_at = now() + make_interval(secs => $1)
                        where state = 'sending'""",  # noqa: S608 - the names stand two lines above
                    look_in,
                )

    async def take_leads(self, limit: int) -> list[Waiting]:
        """Takes waiting leads in hand; committed when this returns."""
        rows = await self._database.fetch(TAKE_LEADS, limit)
        return [Waiting(row["lead_id"], LeadCard.model_validate(row["card"])) for row in rows]

    async def unclear_leads(self, limit: int) -> list[Waiting]:
        """Leads whose creation had no clear answer and whose look is due."""
        rows = await self._database.fetch(
            "select lead_id, card, looks from registrations where state = 'unclear' and look_at <= now() limit $1",
            limit,
        )
        return [Waiting(row["lead_id"], LeadCard.model_validate(row["card"]), row["looks"]) for row in rows]

    async def known_contacts(self, addresses: Sequence[str]) -> dict[str, int]:
        """Contacts that earlier leads of ours have in Kommo, by phone and email."""
        rows = await self._database.fetch(CONTACTS, list(addresses))
        return {a: row["kommo_contact_id"] for row in rows for a in (row["phone"], row["email"]) if a}

    async def registered(self, done: Mapping[int, tuple[int, int | None]], *, asked_at: datetime | None = None) -> None:
        """Kommo has these leads, under these ids (lead, contact); says so once for each.

        `asked_at` is when it was asked for them; None where its answer was lost, and they were found afterwards.
        """
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                REGISTER, list(done), [kommo for kommo, _ in done.values()], [contact for _, contact in done.values()]
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

    async def leads_back(self, lead_ids: Sequence[int]) -> None:
        """They were not created; they wait again."""
        await self._database.fetch(
            "update registrations set state = 'waiting' where lead_id = any($1) and state <> 'registered'",
            list(lead_ids),
        )

    async def leads_unclear(self, lead_ids: Sequence[int], *, looks: int, look_in: float) -> None:
        await self._database.fetch(
            """update registrations set state = 'unclear', looks = $2, look_at = now() + make_interval(secs => $3)
               where lead_id = any($1) and state <> 'registered'""",
            list(lead_ids),
            looks,
            look_in,
        )

    async def lead_refused(self, lead_id: int, reason: str) -> None:
        """Kommo will not take it; a person must look."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "update registrations set state = 'refused', reason = $2 where lead_id = $1", lead_id, reason
            )
            await outbox.add(connection, [LeadUnregistered(lead_id=lead_id, reason=reason)])

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

    async def take_notes(self, limit: int) -> list[WaitingNote]:
        """Takes notes of registered leads in hand; committed when this returns."""
        rows = await self._database.fetch(TAKE_NOTES, limit)
        return sorted(
            (WaitingNote(row["id"], row["kommo_lead_id"], row["text"]) for row in rows), key=lambda note: note.note_id
        )

    async def unclear_notes(self, limit: int) -> list[WaitingNote]:
        rows = await self._database.fetch(
            """select id, kommo_lead_id, text, notes.looks from notes join registrations r using (lead_id)
               where notes.state = 'unclear' and notes.look_at <= now() order by id limit $1""",
            limit,
        )
        return [WaitingNote(row["id"], row["kommo_lead_id"], row["text"], row["looks"]) for row in rows]

    async def notes_are(
        self, note_ids: Sequence[int], state: str, *, looks: int = 0, look_in: float | None = None
    ) -> None:
        """`state` is waiting, unclear, written or refused."""
        await self._database.fetch(
            "update notes set state = $2, looks = $3, look_at = now() + make_interval(secs => $4) where id = any($1)",
            list(note_ids),
            state,
            looks,
            look_in,
        )

    async def tokens(self) -> tuple[Tokens, datetime] | None:
        """The last pair that Kommo gave, and when the access token ends."""
        rows = await self._database.fetch("select access, refresh, expires_at from tokens")
        return (Tokens(rows[0]["access"], rows[0]["refresh"], 0), rows[0]["expires_at"]) if rows else None

    async def keep_tokens(self, tokens: Tokens, now: datetime) -> None:
        await self._database.fetch(
            """insert into tokens (single, access, refresh, expires_at) values (true, $1, $2, $3)
               on conflict (single) do update set access = $1, refresh = $2, expires_at = $3""",
            tokens.access,
            tokens.refresh,
            now + timedelta(seconds=tokens.expires_in),
        )

    async def forget_old_events(self) -> None:
        async with self._database.transaction() as connection:
            await forget_old(connection)
