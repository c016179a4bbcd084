"""What the calendar update, whose it is, and who may still be followed up."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import structlog

from contracts.api.permits import ContactEligibility
from contracts.commands.lead import AssignBooking
from contracts.events.booking import Booking, BookingAssigned, BookingUnmatched
from contracts.events.failed_work import WorkFailed
from contracts.events.lead import Closing, LeadClosed
from kit.clock import now
from kit.database import GONE, PASSING, Connection, Database
from kit.errors import Unavailable
from kit.failed_work import publish_failed
from kit.messaging import outbox
from kit.retention import forget
from providers.calcom.models import AttendeeHints, BookingUpdate
from services.crm.decisions.bookings import (
    Candidate,
    Matched,
    Slot,
    Stage,
    apply_update,
    changes_to_publish,
    current_booking,
    email_of,
    match,
    phones_of,
)
from services.crm.repositories.erasure import erase_bookings
from services.crm.repositories.failed_rows import WEBHOOKS

log = structlog.get_logger()

BOOKINGS = UUID("0d8e8c3a-7a55-5d1c-9a55-3b1c2f7e6d90")  # names what is said once about a booking

STORE = """insert into webhooks (key, body) values ($1, $2)
           on conflict (key) do update set key = excluded.key returning id, body, received_at, state"""
WAITING = """select id, body, received_at from webhooks where state = 'new' and next_attempt_at <= now()
             order by id limit 20"""
DONE = "update webhooks set state = 'done', error = null where id = $1 and state = 'new' returning true"
AGAIN = """update webhooks set attempts = attempts + 1, error = $2, next_attempt_at = now() + interval '1 minute',
             state = case when attempts >= 9 then 'failed' else 'new' end where id = $1 returning state"""
ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('bookings'))"
LEADS = """select submission_id, lead_id, phone, email from submissions
           where submission_id = $1 or email = $2 or phone = any($3)"""
SLOTS = """select uid, stage, reported_at, booking, attended, reason, lead_id from bookings
           where uid = any($1) or lead_id = $2"""
KEEP = """insert into bookings (uid, lead_id, stage, reported_at, booking, attended, reason, hinted, token, email, phones,
            matched)
          values ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9, $10, $11, $12)
          on conflict (uid) do update set
            lead_id = coalesce(bookings.lead_id, excluded.lead_id), stage = excluded.stage,
            reported_at = excluded.reported_at, booking = excluded.booking, attended = excluded.attended,
            reason = excluded.reason, matched = coalesce(bookings.matched, excluded.matched), updated_at = now(),
            hinted = coalesce(bookings.hinted, excluded.hinted), token = coalesce(bookings.token, excluded.token),
            email = coalesce(bookings.email, excluded.email),
            phones = case when excluded.phones = '{}' then bookings.phones else excluded.phones end
          returning (xmax = 0) as fresh"""
TELL = """update registrations set revision = revision + $2, published_booking = $3::text::jsonb, booked_until = $4,
            stage_wanted = $5, updated_at = now() where lead_id = $1"""
FOUND = """select distinct b.uid, b.hinted, b.token, b.email, b.phones from bookings b
           join submissions s on s.submission_id = b.hinted or s.email = b.email or s.phone = any(b.phones)
           where b.lead_id is null limit 50"""
GIVE = "update bookings set lead_id = $2, matched = $3 where uid = $1 and lead_id is null returning true"
STANDING = """select r.closed, r.published_booking->>'uid' as uid,
                case when r.booked_until > now() or r.booked_until is null then r.published_booking->'booking' end as booking,
                (select o.published_booking->'booking' from registrations o
                 where o.person_id = coalesce(r.person_id, $2) and o.lead_id <> $1 and o.booked_until > now()
                 order by o.booked_until limit 1) as elsewhere
              from (values (1)) as always left join registrations r on r.lead_id = $1"""
SENDING = """select exists (
               select 1 from permits p, registrations mine where mine.lead_id = $1 and p.until > now()
                 and (p.lead_id = mine.lead_id or p.person_id = mine.person_id)) as sending"""
PERMIT = """insert into permits (id, lead_id, until, person_id)
            select $1, $2, now() + make_interval(secs => $3),
                   coalesce($4, (select person_id from registrations where lead_id = $2), $2)"""
CLOSE = """update registrations set closed = $2, updated_at = now() where lead_id = $1 and closed is null
           returning lead_id"""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One that was stored and is still to be worked off."""

    webhook_id: int
    body: bytes
    received_at: datetime


class Bookings:
    """`secret` signs the booking links, `region` is where phones without a country code are from."""

    def __init__(self, database: Database, *, secret: str, region: str) -> None:
        self._database, self._secret, self._region = database, secret, region
        self._turn = (
            asyncio.Lock()
        )  # who waits for the lock below must not keep the connections that storing needs

    async def keep(self, key: str, raw: bytes) -> Webhook | None:
        """Stores a webhook; committed when this returns. None for a repeat of one that was worked off."""
        [row] = await self._database.fetch(STORE, key, raw)
        return _webhook(row) if row["state"] == "new" else None

    async def waiting(self) -> list[Webhook]:
        return [_webhook(row) for row in await self._database.fetch(WAITING)]

    async def set_aside(self, webhook_id: int, error: str) -> str:
        """Notes why a webhook could not be worked off; its state: `new`, to be tried again, or `failed` in the end."""
        async with self._database.transaction() as connection:
            before = await connection.fetchval(
                "select state from webhooks where id = $1 for update", webhook_id
            )
            if before != "new":
                return str(before)
            state = str(await connection.fetchval(AGAIN, webhook_id, error))
            if state == "failed":
                await publish_failed(
                    connection, service="crm", kind=WEBHOOKS.kind, row_id=webhook_id, reason=error
                )
            return state

    async def apply(
        self, update: BookingUpdate | None, *, webhook_id: int | None = None
    ) -> int | None:
        """Lets the calendar's news take effect, together with the end of the webhook that brought it.

        The lead it is about; None where it is nobody's. A repeat has no effect.
        """
        async with self._turn, self._database.transaction() as connection:
            await connection.execute(ONE_AT_A_TIME)
            if webhook_id is not None and not await connection.fetchval(DONE, webhook_id):
                return None
            return await self._apply(connection, update) if update is not None else None

    async def _apply(self, connection: Connection, update: BookingUpdate) -> int | None:
        update = self._with_attendee(update)
        uids = [uid for uid in (update.uid, update.previous_uid) if uid]
        known = await connection.fetch(SLOTS, uids, None)
        by_uid = next((row["lead_id"] for row in known if row["lead_id"] is not None), None)
        found = await self._match(connection, update.hints, by_uid)
        lead_id = found[0] if found else None
        slots = {row["uid"]: _slot(row) for row in known}
        fresh = False
        for slot in apply_update(slots, update):
            fresh |= await self._keep(connection, slot, update.hints, found)
        if lead_id is not None:
            await self._publish_changes(connection, lead_id)
        elif fresh and update.booking is not None:
            await outbox.add(
                connection, [self._unmatched(update.uid, update.booking, update.hints)]
            )
        return lead_id

    def _with_attendee(self, update: BookingUpdate) -> BookingUpdate:
        """The news with the attendee's addresses in the booking: what belongs to the meeting goes there."""
        if update.booking is None:
            return update
        phones = phones_of(update.hints, self._region)
        attendee = {"email": email_of(update.hints), "phone": phones[0] if phones else None}
        return replace(update, booking=update.booking.model_copy(update=attendee))

    def _unmatched(self, uid: str, booking: Booking, hints: AttendeeHints) -> BookingUnmatched:
        phones = phones_of(hints, self._region)
        return BookingUnmatched(
            uid=uid,
            starts_at=booking.starts_at,
            email=email_of(hints),
            phone=phones[0] if phones else None,
        )

    async def _match(
        self, connection: Connection, hints: AttendeeHints, by_uid: int | None
    ) -> tuple[int, str] | None:
        email = email_of(hints)
        rows = await connection.fetch(
            LEADS, hints.lead_id, email, list(phones_of(hints, self._region))
        )
        leads = [
            Candidate(row["submission_id"], row["lead_id"], row["email"], row["phone"])
            for row in rows
        ]
        return match(hints, by_uid=by_uid, leads=leads, secret=self._secret, region=self._region)

    async def _keep(
        self,
        connection: Connection,
        slot: Slot,
        hints: AttendeeHints,
        found: tuple[int, str] | None,
    ) -> bool:
        return bool(
            await connection.fetchval(
                KEEP,
                slot.uid,
                found[0] if found else None,
                slot.stage,
                slot.reported_at,
                slot.booking.model_dump_json() if slot.booking else None,
                slot.attended,
                slot.reason,
                hints.lead_id,
                hints.token,
                email_of(hints),
                list(phones_of(hints, self._region)),
                found[1] if found else None,
            )
        )

    async def _publish_changes(self, connection: Connection, lead_id: int) -> None:
        """Says what has changed about a lead's bookings since it was last update."""
        row = await connection.fetchrow(
            "select revision, published_booking, erased from registrations where lead_id = $1 for update",
            lead_id,
        )
        if row is None:
            return
        if row["erased"]:
            await erase_bookings(connection, lead_id, [])
            return
        slots = {one["uid"]: _slot(one) for one in await connection.fetch(SLOTS, [], lead_id)}
        before, after = _from_json(row["published_booking"]), current_booking(slots.values())
        events = changes_to_publish(
            lead_id, before, after, slots, revision=row["revision"], now=now()
        )
        if not events:
            return
        booked = after is not None and after.stage is not Stage.PENDING
        until = after.booking.ends_at if after and after.booking else None
        await connection.execute(
            TELL, lead_id, len(events), _to_json(after), until, "booked" if booked else "initial"
        )
        await outbox.add(connection, events)

    async def match_again(self) -> list[int]:
        """Gives bookings that were nobody's to leads that have appeared since."""
        matched = []
        async with self._turn, self._database.transaction() as connection:
            await connection.execute(ONE_AT_A_TIME)
            for row in await connection.fetch(FOUND):
                try:
                    async with connection.transaction():
                        lead_id = await self._match_row(connection, row)
                except (*GONE, *PASSING):
                    raise
                except Exception as bug:  # one booking must not keep the others from their leads
                    log.error("booking.not_matched", exc_info=bug)
                    continue
                if lead_id is not None:
                    matched.append(lead_id)
        return matched

    async def _match_row(self, connection: Connection, row: asyncpg.Record) -> int | None:
        hints = AttendeeHints(row["hinted"], row["token"], row["email"], tuple(row["phones"]))
        found = await self._match(connection, hints, None)
        if found is None:
            return None
        await self._give(connection, row["uid"], *found)
        return found[0]

    async def failed(self, uid: str, reason: str) -> None:
        """Says, once a booking, that the calendar lists one that cannot be worked on."""
        row_id = int.from_bytes(hashlib.blake2b(uid.encode(), digest_size=6).digest())
        name = uuid5(BOOKINGS, uid)
        await outbox.publish(
            self._database,
            WorkFailed(
                event_id=name,
                lead_id=0,
                service="crm",
                kind="booking",
                row_id=row_id,
                reason=reason,
            ),
        )

    async def assign(self, command: AssignBooking) -> bool:
        """Assigns an unmatched booking to the lead, and publishes that.

        Returns False where the booking is somebody's already, or where there is none of that uid.

        Raises Unavailable while the lead is not known yet.
        """
        async with self._turn, self._database.transaction() as connection:
            await connection.execute(ONE_AT_A_TIME)
            if not await connection.fetchval(
                "select true from registrations where lead_id = $1", command.lead_id
            ):
                raise Unavailable("the lead is not known yet")
            given = await self._give(connection, command.uid, command.lead_id, Matched.OPERATOR)
            if given:
                fact = BookingAssigned(
                    event_id=command.fact_id,
                    lead_id=command.lead_id,
                    uid=command.uid,
                    by=command.by,
                )
                await outbox.add(connection, [fact])
            return given

    async def _give(self, connection: Connection, uid: str, lead_id: int, matched: str) -> bool:
        given = await connection.fetchval(GIVE, uid, lead_id, matched)
        if given:
            await self._publish_changes(connection, lead_id)
        return bool(given)

    async def unmatched(self) -> list[dict[str, object]]:
        """Bookings that are nobody's, the newest first."""
        rows = await self._database.fetch(
            """select uid, stage, reported_at, booking->>'starts_at' as starts_at, hinted as lead_id from bookings
               where lead_id is null order by reported_at desc limit 200"""
        )
        return [{**row, "stage": Stage(row["stage"]).name.lower()} for row in rows]

    async def permit(
        self, permit_id: UUID, lead_id: int, seconds: float, person_id: int | None = None
    ) -> ContactEligibility:
        """Notes that somebody is about to reach the lead out, for so long at most; then says what stands against it.

        In that order, and each in a commit of its own: whoever accepts a booking commits it and then looks for permits
        (`being_reached`), so one of the two always sees the other. `person_id` is for a lead that is not here yet.
        """
        await self._database.fetch(PERMIT, permit_id, lead_id, seconds, person_id)
        [row] = await self._database.fetch(STANDING, lead_id, person_id)
        meeting = row["booking"] or row["elsewhere"]
        return ContactEligibility(
            booking=row["uid"],
            booked_elsewhere=row["elsewhere"] is not None,
            closed=row["closed"],
            meeting=Booking.model_validate(meeting) if meeting else None,
        )

    async def end_permit(self, permit_id: UUID) -> None:
        await self._database.fetch(
            "delete from permits where id = $1 or until < now() - interval '1 day'", permit_id
        )

    async def being_reached(self, lead_id: int) -> bool:
        """Whether a touch that was permitted before may still be on its way to the provider."""
        return bool((await self._database.fetch(SENDING, lead_id))[0]["sending"])

    async def lead_in_kommo(self, kommo_lead_id: int) -> tuple[int, bool] | None:
        """Our lead, and whether it ever had a booking."""
        rows = await self._database.fetch(
            "select lead_id, revision > 0 as ever_booked from registrations where kommo_lead_id = $1",
            kommo_lead_id,
        )
        return (rows[0]["lead_id"], rows[0]["ever_booked"]) if rows else None

    async def close(self, lead_id: int, reason: Closing) -> None:
        """The lead is no longer ours to follow up; said once."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(CLOSE, lead_id, reason):
                await outbox.add(connection, [LeadClosed(lead_id=lead_id, reason=reason)])

    async def polled_until(self) -> datetime:
        """How far the calendar's own list has been read; a day back to begin with."""
        rows = await self._database.fetch("select polled_until from polls")
        return rows[0]["polled_until"] if rows else now() - timedelta(days=1)

    async def polled(self, until: datetime) -> None:
        await self._database.fetch(
            """insert into polls (single, polled_until) values (true, $1)
               on conflict (single) do update set polled_until = $1""",
            until,
        )

    async def forget_old(self) -> None:
        await forget(
            self._database,
            "webhooks",
            "state = 'done' and received_at < now() - interval '30 days'",
        )


def _webhook(row: asyncpg.Record) -> Webhook:
    return Webhook(row["id"], bytes(row["body"]), row["received_at"])


def _slot(row: asyncpg.Record | Mapping[str, Any]) -> Slot:
    booking = Booking.model_validate(row["booking"]) if row["booking"] else None
    return Slot(
        row["uid"], Stage(row["stage"]), row["reported_at"], booking, row["attended"], row["reason"]
    )


def _to_json(slot: Slot | None) -> str | None:
    if slot is None:
        return None
    booking = slot.booking.model_dump(mode="json") if slot.booking else None
    return json.dumps(
        {
            "uid": slot.uid,
            "stage": slot.stage,
            "reported_at": slot.reported_at.isoformat(),
            "booking": booking,
            "attended": slot.attended,
            "reason": slot.reason,
        }
    )


def _from_json(published: Mapping[str, Any] | None) -> Slot | None:
    return (
        _slot({**published, "reported_at": datetime.fromisoformat(published["reported_at"])})
        if published
        else None
    )
