"""Matches bookings to leads and applies updates to them. Pure: no clock, no database, no network.

Updates may come twice, late and in any order. The state of each booking therefore only moves
forward, and the booking of a lead is recomputed from the states of all its bookings.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum

from contracts.events.booking import (
    Booking,
    BookingCancelled,
    BookingEvent,
    BookingRescheduled,
    LeadBooked,
    MeetingEnded,
)
from domain.addresses import canonical_email
from domain.phone import canonical_phone, to_e164
from domain.signed_links import signed
from providers.calcom.models import AttendeeHints, BookingUpdate, UpdateKind


class Stage(IntEnum):
    """How far a booking has come. It never goes back."""

    SEEN = 0  # mentioned, but without its details
    PENDING = 1  # the host has not accepted it yet
    ACCEPTED = 2
    ENDED = 3
    MOVED = 4  # replaced by another booking
    GONE = 5  # cancelled or rejected


VALID = (Stage.PENDING, Stage.ACCEPTED, Stage.ENDED)
STAGES = {
    UpdateKind.CREATED: Stage.ACCEPTED,
    UpdateKind.MOVED: Stage.ACCEPTED,
    UpdateKind.REQUESTED: Stage.PENDING,
    UpdateKind.CANCELLED: Stage.GONE,
    UpdateKind.REJECTED: Stage.GONE,
    UpdateKind.ENDED: Stage.ENDED,
    UpdateKind.NO_SHOW: Stage.ENDED,
    UpdateKind.OTHER: Stage.SEEN,
}


@dataclass(frozen=True, slots=True)
class Slot:
    """A booking of the calendar. `reported_at` is when it was made, by the calendar's clock."""

    uid: str
    stage: Stage
    reported_at: datetime
    booking: Booking | None = None
    attended: bool = True
    reason: str = ""


def with_attendee(update: BookingUpdate, region: str) -> BookingUpdate:
    """Returns the update with the attendee's addresses in its booking."""
    if update.booking is None:
        return update
    phones = phones_of(update.hints, region)
    attendee = {"email": email_of(update.hints), "phone": phones[0] if phones else None}
    return replace(update, booking=update.booking.model_copy(update=attendee))


def apply_update(known: Mapping[str, Slot], update: BookingUpdate) -> list[Slot]:
    """Returns the slots that the update changes, in their new state."""
    before = known.get(update.uid) or Slot(update.uid, Stage.SEEN, update.at)
    stage = STAGES[update.what]
    if update.booking is not None and not update.booking.confirmed:
        stage = min(stage, Stage.PENDING)
    details = (
        update.booking
        if before.booking is None or stage in (Stage.PENDING, Stage.ACCEPTED)
        else before.booking
    )
    after = replace(
        before,
        stage=_forward(before.stage, stage),
        booking=details or before.booking,
        attended=before.attended if update.attended is None else update.attended,
        reason=update.reason or before.reason,
        reported_at=update.at if before.stage is Stage.SEEN else before.reported_at,
    )
    if update.previous_uid is None or update.previous_uid == update.uid:
        return [after]
    previous = known.get(update.previous_uid) or Slot(update.previous_uid, Stage.SEEN, update.at)
    return [after, replace(previous, stage=_forward(previous.stage, Stage.MOVED))]


def _forward(before: Stage, after: Stage) -> Stage:
    """Returns the later stage. A meeting that has ended cannot be cancelled any more."""
    if before is Stage.ENDED and after is Stage.GONE:
        return before
    return max(before, after)


def current_booking(slots: Iterable[Slot]) -> Slot | None:
    """Returns the lead's booking: the last one made of those that are valid."""
    return max(
        (slot for slot in slots if slot.stage in VALID and slot.booking is not None),
        key=lambda slot: (slot.reported_at, slot.uid),
        default=None,
    )


def changes_to_publish(
    lead_id: int,
    before: Slot | None,
    after: Slot | None,
    slots: Mapping[str, Slot],
    *,
    revision: int,
    now: datetime,
) -> list[BookingEvent]:
    """Returns the events to publish when a lead's booking changes from `before` to `after`.

    They are numbered from `revision` on. `slots` are all bookings of the lead, in their new state.
    """
    if after is None:
        if before is None:
            return []
        reason = slots.get(before.uid, before).reason
        return [
            BookingCancelled(lead_id=lead_id, revision=revision + 1, uid=before.uid, reason=reason)
        ]
    events: list[BookingEvent] = []
    booking = _with_confirmation(after)
    if before is None or _differs(before, after):
        revision += 1
        if before is not None and _replaced(before, after, slots):
            moved = BookingRescheduled(
                lead_id=lead_id, revision=revision, booking=booking, previous_uid=before.uid
            )
            events.append(moved)
        else:
            events.append(LeadBooked(lead_id=lead_id, revision=revision, booking=booking))
    if after.stage is Stage.ENDED and (before is None or _end_state(before) != _end_state(after)):
        ended = MeetingEnded(
            lead_id=lead_id,
            revision=revision + 1,
            uid=after.uid,
            ended_at=booking.ends_at or now,
            attended=after.attended,
        )
        events.append(ended)
    return events


def _with_confirmation(slot: Slot) -> Booking:
    assert slot.booking is not None
    return slot.booking.model_copy(update={"confirmed": slot.stage is not Stage.PENDING})


def _replaced(before: Slot, after: Slot, slots: Mapping[str, Slot]) -> bool:
    """Returns whether `after` replaced `before`, or is the same booking at another time."""
    if before.uid == after.uid:
        return before.stage is after.stage
    return slots.get(before.uid, before).stage is Stage.MOVED


def _end_state(slot: Slot) -> tuple[str, bool, bool]:
    return slot.uid, slot.stage is Stage.ENDED, slot.attended


def _differs(before: Slot, after: Slot) -> bool:
    """Returns whether it is another meeting, at another time, or now accepted or pending."""
    assert after.booking is not None
    if before.booking is None or before.uid != after.uid:
        return True
    times = (before.booking.starts_at, before.booking.ends_at) != (
        after.booking.starts_at,
        after.booking.ends_at,
    )
    return times or (before.stage is Stage.PENDING) != (after.stage is Stage.PENDING)


class Matched(StrEnum):
    """How a booking was matched to a lead."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    METADATA = "metadata"
    UID = "uid"
    EMAIL = "email"
    PHONE = "phone"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A form of a lead that a booking may belong to. Its answer named `submission_id`."""

    submission_id: int
    lead_id: int
    email: str | None
    phone: str | None


def email_of(hints: AttendeeHints) -> str | None:
    return canonical_email(hints.email) if hints.email else None


def phones_of(hints: AttendeeHints, region: str) -> tuple[str, ...]:
    found = (to_e164(text, region) for text in hints.phone_texts)
    return tuple(dict.fromkeys(phone for phone in found if phone))


def match(
    hints: AttendeeHints,
    *,
    by_uid: int | None,
    leads: Collection[Candidate],
    secret: str,
    region: str,
) -> tuple[int, Matched] | None:
    """Returns the lead that booked, and how it was found. None where no lead matches.

    Tried in this order: signed token, metadata, uid, email, phone. A visitor can edit the link, so
    a bare lead id counts only where the attendee's email and phone do not contradict it.
    """
    email = email_of(hints)
    phones = tuple(canonical_phone(phone) for phone in phones_of(hints, region))
    named = next((lead for lead in leads if lead.submission_id == hints.lead_id), None)
    if named is not None:
        if hints.token is not None and signed(hints.token, secret, "booking", named.submission_id):
            return named.lead_id, Matched.TOKEN
        anonymous = email is None and not phones
        if anonymous or (email and email == named.email) or named.phone in phones:
            return named.lead_id, Matched.METADATA
    if by_uid is not None:
        return by_uid, Matched.UID
    newest = sorted(leads, key=lambda lead: -lead.lead_id)
    same_email = next((lead for lead in newest if email and lead.email == email), None)
    if same_email is not None:
        return same_email.lead_id, Matched.EMAIL
    same_phone = next((lead for lead in newest if lead.phone in phones), None)
    if same_phone is not None:
        return same_phone.lead_id, Matched.PHONE
    return None
