"""Matches bookings to leads and applies updates to them. Pure: no clock, no database, no network.

Updates may come twice, late and in any order. The calendar's own times settle which of them is the
last word about an appointment, and the booking of a lead is recomputed from all its appointments.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from contracts.events.booking import (
    Booking,
    BookingCancelled,
    BookingEvent,
    BookingRescheduled,
    BookingUnmatched,
    BookingUpdated,
    LeadBooked,
    MeetingEnded,
    Occurrence,
)
from domain.addresses import canonical_email
from domain.phone import canonical_phone, to_e164
from domain.signed_links import signed
from providers.calcom.models import AttendeeHints, BookingUpdate, EventType, UpdateKind


class Stage(IntEnum):
    """What the calendar last said about an appointment. Of two words at one instant the later."""

    SEEN = 0  # mentioned, but without its details
    PENDING = 1  # the host has not accepted it yet
    ACCEPTED = 2
    MOVED = 4  # replaced by another booking
    GONE = 5  # cancelled or rejected


VALID = (Stage.PENDING, Stage.ACCEPTED)
STAGES = {
    UpdateKind.CREATED: Stage.ACCEPTED,
    UpdateKind.MOVED: Stage.ACCEPTED,
    UpdateKind.REQUESTED: Stage.PENDING,
    UpdateKind.CANCELLED: Stage.GONE,
    UpdateKind.REJECTED: Stage.GONE,
}
# Cal.com repeats a request when it is accepted through its API. Two webhooks that point at us
# report one request within seconds.
REPEATED_AFTER = timedelta(minutes=1)
# The meetings of a series are booked at once, and each comes in a webhook of its own.
SERIES_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One attendee's part of a booking. All times are the calendar's own.

    `attendee` tells it from the others of the booking: the seat, the email, the phone, or nothing.
    `replaces` is the uid of the booking in whose place it came.
    `reported_at` is when it was made, `changed_at` when `stage` was last said, and `described_at`
    when `booking` was. `ended_at` is the end that was reached, `attendance_at` when somebody said
    whether the attendee came.
    """

    uid: str
    attendee: str
    stage: Stage
    reported_at: datetime
    changed_at: datetime
    described_at: datetime | None = None
    booking: Booking | None = None
    email: str | None = None
    phones: tuple[str, ...] = ()
    seat: str | None = None
    guest: bool = False
    seated: bool = False
    ended_at: datetime | None = None
    attended: bool = True
    attendance_at: datetime | None = None
    host_absent: bool = False
    reason: str = ""
    replaces: str | None = None

    @property
    def name(self) -> tuple[str, str]:
        return self.uid, self.attendee

    @property
    def has_ended(self) -> bool:
        """Whether its meeting took place. Cancelling it afterwards changes nothing.

        A meeting that ended had been booked, whether or not that was heard.
        """
        if self.stage is Stage.GONE:
            return self.ended_at is not None and self.changed_at > self.ended_at
        if self.stage is Stage.MOVED:
            return False
        if self._has_attendance:
            return True
        ends_at = self.booking.ends_at if self.booking else None
        return self.ended_at is not None and (ends_at is None or self.ended_at >= ends_at)

    @property
    def _has_attendance(self) -> bool:
        """Whether somebody said who came, of the times that stand."""
        return self.attendance_at is not None and self.attendance_at >= self.changed_at

    @property
    def attendee_came(self) -> bool:
        return self.attended or not self._has_attendance

    @property
    def host_missed(self) -> bool:
        return self.host_absent and self._has_attendance

    @property
    def is_booked(self) -> bool:
        return self.booking is not None and (self.stage in VALID or self.has_ended)


def apply_update(
    known: Sequence[Appointment], update: BookingUpdate, region: str
) -> list[Appointment]:
    """Returns the appointments that the update concerns, in their new state.

    `known` are those of its booking, and of the booking that it replaces.
    """
    here = [appointment for appointment in known if appointment.uid == update.uid]
    there = [appointment for appointment in known if appointment.uid == update.previous_uid]
    seated = update.seated or any(appointment.seated for appointment in known)
    changed: dict[tuple[str, str], Appointment] = {}
    for attendee in update.attendees:
        moved = _named(there, attendee, seated, region)
        known_here = _named(here, attendee, seated, region)
        for before in known_here or [_new(update, attendee, seated, region)]:
            after = _changed(_known_as(before, attendee, region), update, attendee)
            after = replace(after, replaces=after.replaces or update.previous_uid)
            is_new = not known_here
            changed[after.name] = _continued(after, moved[0]) if moved and is_new else after
        for replaced in moved or _unseen(update, attendee, seated, region):
            gone = _in_stage(replaced, Stage.MOVED, update.at)
            changed[gone.name] = gone
    for appointment in here:
        if appointment.name in changed:
            continue
        if not seated:  # its attendees share one fate
            changed[appointment.name] = _changed(appointment, update, AttendeeHints())
        elif update.listed and appointment.stage in VALID:
            changed[appointment.name] = _in_stage(appointment, Stage.GONE, update.at)
    if not seated and update.previous_uid:
        for appointment in there:
            changed.setdefault(appointment.name, _in_stage(appointment, Stage.MOVED, update.at))
    return list(changed.values())


def _named(
    appointments: Sequence[Appointment], attendee: AttendeeHints, seated: bool, region: str
) -> list[Appointment]:
    """Returns the attendee's appointment: all of them where nothing tells the attendee apart.

    A booking without seats has one booker, whatever address each update names.
    """
    if attendee.is_anonymous:
        return list(appointments)
    email = email_of(attendee)
    phones = set(map(canonical_phone, phones_of(attendee, region)))
    tests = (
        lambda known: bool(attendee.seat) and known.seat == attendee.seat,
        lambda known: bool(email) and known.email == email,
        lambda known: known.attendee == erased_name(_new_name(attendee, region)),
        lambda known: not phones.isdisjoint(map(canonical_phone, known.phones)),
        lambda known: not (known.email or known.phones or known.seat),
        lambda known: not (seated or attendee.guest or known.guest),
    )
    for is_same in tests:
        found = [known for known in appointments if is_same(known)]
        if found:
            return found[:1]
    return []


def _known_as(appointment: Appointment, attendee: AttendeeHints, region: str) -> Appointment:
    """Returns the appointment with the addresses that it lacked."""
    return replace(
        appointment,
        email=appointment.email or email_of(attendee),
        phones=appointment.phones or phones_of(attendee, region),
        seat=appointment.seat or attendee.seat,
    )


def _new(update: BookingUpdate, attendee: AttendeeHints, seated: bool, region: str) -> Appointment:
    email = email_of(attendee)
    phones = phones_of(attendee, region)
    return Appointment(
        uid=update.uid,
        attendee=_new_name(attendee, region),
        stage=Stage.SEEN,
        reported_at=update.at,
        changed_at=update.at,
        email=email,
        phones=phones,
        seat=attendee.seat,
        guest=attendee.guest,
        seated=seated,
    )


def _new_name(attendee: AttendeeHints, region: str) -> str:
    phones = phones_of(attendee, region)
    return email_of(attendee) or (phones[0] if phones else attendee.seat) or ""


def erased_name(name: str) -> str:
    """Returns the attendee's name in an appointment whose lead was erased.

    The calendar goes on naming them, and they must not be taken for somebody new.
    """
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def _unseen(
    update: BookingUpdate, attendee: AttendeeHints, seated: bool, region: str
) -> list[Appointment]:
    """Returns the replaced appointment, of which nothing was heard yet."""
    if update.previous_uid is None:
        return []
    return [replace(_new(update, attendee, seated, region), uid=update.previous_uid)]


def _changed(before: Appointment, update: BookingUpdate, attendee: AttendeeHints) -> Appointment:
    after = _described(before, update, attendee)
    stage = STAGES.get(update.what)
    if stage is not None:
        if update.booking is not None and not update.booking.confirmed:
            stage = min(stage, Stage.PENDING)
        accepted = _is_accepted_by_api(before, update)
        if accepted:
            stage = Stage.ACCEPTED
        # what tells that it was accepted may be the earlier request, heard after its repetition
        at = max(update.at, before.changed_at) if accepted else update.at
        after = replace(_in_stage(after, stage, at), reason=update.reason or after.reason)
    if update.what is UpdateKind.ENDED:
        ended_at = (update.booking.ends_at if update.booking else None) or update.at
        after = replace(after, ended_at=max(ended_at, after.ended_at or ended_at))
    return _attended(after, update, attendee)


def _in_stage(appointment: Appointment, stage: Stage, at: datetime) -> Appointment:
    """Returns the appointment after that word about it, unless a later one is known."""
    known = appointment.stage is not Stage.SEEN
    if known and (at, stage) <= (appointment.changed_at, appointment.stage):
        return appointment
    return replace(appointment, stage=stage, changed_at=at)


def _described(before: Appointment, update: BookingUpdate, attendee: AttendeeHints) -> Appointment:
    """Returns the appointment with the times and places of the update, unless newer are known."""
    if update.booking is None:
        return before
    makes = update.what in (UpdateKind.CREATED, UpdateKind.REQUESTED, UpdateKind.MOVED)
    known = before.booking
    if known is not None:
        is_older = before.described_at is not None and update.at < before.described_at
        if is_older or not makes:
            reported_at = min(update.at, before.reported_at) if makes else before.reported_at
            recurring = known.recurring or update.booking.recurring
            known = known.model_copy(update={"recurring": recurring})
            return replace(before, booking=known, reported_at=reported_at)
    booking = update.booking.model_copy(
        update={
            "email": before.email,
            "phone": before.phones[0] if before.phones else None,
            "ical_uid": update.booking.ical_uid or f"{before.uid}@pauta",
            "time_zone": attendee.time_zone or update.booking.time_zone,
            "language": attendee.language or update.booking.language,
        }
    )
    over = before.stage in (Stage.GONE, Stage.MOVED)
    reopened = over and update.at > before.changed_at
    if known is not None:
        booking = _next_version(known, booking, reopened=reopened)
    is_new = known is None or reopened
    return replace(
        before,
        booking=booking,
        described_at=update.at if makes else None,
        reported_at=update.at if is_new else min(update.at, before.reported_at),
        seated=before.seated or update.seated,
    )


def _next_version(known: Booking, booking: Booking, *, reopened: bool) -> Booking:
    """Returns the booking as the next version of the one that is known.

    It keeps its name in calendars, and a place and a series that an update leaves out.
    """
    moved = known.moved + (reopened or known.starts_at != booking.starts_at)
    place = booking if booking.meeting_url or booking.location else known
    described = booking.model_copy(
        update={
            "moved": moved,
            "ical_uid": known.ical_uid,
            "recurring": known.recurring or booking.recurring,
            "meeting_url": place.meeting_url,
            "location": place.location,
        }
    )
    is_other = _details(described) != _details(known)
    versions = 2 if reopened else int(is_other)  # the cancellation was one
    sequence = max(booking.sequence, known.sequence + versions)
    return described.model_copy(update={"sequence": sequence})


def _attended(
    appointment: Appointment, update: BookingUpdate, attendee: AttendeeHints
) -> Appointment:
    """Returns the appointment with what is said about who came, unless something later is known."""
    is_news = update.what is UpdateKind.NO_SHOW or attendee.absent or update.host_absent
    is_older = appointment.attendance_at is not None and update.at < appointment.attendance_at
    if not is_news or is_older:
        return appointment
    attended = appointment.attended if attendee.absent is None else not attendee.absent
    return replace(
        appointment,
        attended=attended,
        host_absent=update.host_absent,
        attendance_at=update.at,
    )


def _continued(after: Appointment, replaced: Appointment) -> Appointment:
    """Returns the appointment that goes on in calendars as the one that it replaced."""
    if after.booking is None or replaced.booking is None:
        return after
    known = replaced.booking
    booking = after.booking.model_copy(
        update={
            "ical_uid": known.ical_uid or f"{known.uid}@pauta",
            "sequence": max(after.booking.sequence, known.sequence + 1),
        }
    )
    return replace(after, booking=booking)


def _is_accepted_by_api(known: Appointment, update: BookingUpdate) -> bool:
    """Returns whether the request was repeated, which tells that it was accepted.

    A list says how the booking stands, and repeats nothing.
    """
    apart = abs(update.at - known.changed_at)
    return not update.listed and apart >= REPEATED_AFTER and _is_repeated(known, update)


def _is_repeated(known: Appointment, update: BookingUpdate) -> bool:
    return (
        update.what is UpdateKind.REQUESTED
        and known.stage is Stage.PENDING
        and known.booking is not None
        and update.booking is not None
        and known.booking.starts_at == update.booking.starts_at
        and known.changed_at != update.at
    )


def leaves_doubt(known: Iterable[Appointment], update: BookingUpdate) -> bool:
    """Returns whether the update does not say how the booking stands, so that Cal.com is asked."""
    makes = update.what in (UpdateKind.CREATED, UpdateKind.REQUESTED, UpdateKind.MOVED)
    has_no_time = update.booking is None or update.booking.starts_at is None
    if makes and has_no_time and not update.is_legacy:
        return True
    return any(_is_repeated(appointment, update) for appointment in known)


def legacy_uid(known: Iterable[Appointment], update: BookingUpdate) -> str:
    """Returns the uid that the update of a caller from before Cal.com is about.

    They report no uid, so a lead that books again after a cancellation opens another one.
    """
    reports = sorted(known, key=lambda appointment: (appointment.reported_at, appointment.uid))
    if not reports:
        return update.uid
    latest = reports[-1]
    books_again = update.what is UpdateKind.CREATED and latest.stage is Stage.GONE
    is_later = update.at > latest.changed_at
    return f"{update.uid}-{len(reports) + 1}" if books_again and is_later else latest.uid


def has_type(event_type: EventType, wanted: Collection[str]) -> bool:
    """Returns whether a booking of this event type counts.

    `wanted` are slugs and numbers of event types; empty means all. An update that names no event
    type is about a booking whose type we cannot tell.
    """
    given = {event_type.number, event_type.slug} - {None}
    return not wanted or not given or bool(given & set(wanted))


def expired(appointment: Appointment, now: datetime, timeout: timedelta) -> bool:
    """Returns whether the host has left the request unanswered for too long, or its hour passed."""
    if appointment.stage is not Stage.PENDING or appointment.booking is None:
        return False
    starts_at = appointment.booking.starts_at
    has_passed = starts_at is not None and starts_at <= now
    return has_passed or appointment.reported_at + timeout <= now


def current_booking(
    appointments: Collection[Appointment],
    published: Appointment | None = None,
    *,
    now: datetime,
) -> Appointment | None:
    """Returns the lead's booking: all meetings that stand, under the uid that was `published`.

    A single meeting is a booking of its own. What is over is left out, unless it belongs to what
    was published, or nothing else stands.
    """
    valid = [_in_its_series(found, appointments) for found in appointments if found.is_booked]
    latest = _latest(valid, now)
    if latest is None or latest.booking is None or latest.booking.starts_at is None:
        return latest
    if any(found.stage is Stage.MOVED and found.booking is None for found in appointments):
        # it may have replaced one of the others, of which we did not hear
        valid = [latest, *(found for found in valid if _is_of_series(found, latest))]
    meetings = _beside(latest, valid, published, now)
    is_published = published is not None and _shares(published, meetings)
    was_series = is_published and published is not None and _is_series(published)
    if len(meetings) == 1 and not (latest.booking.recurring or was_series):
        return latest
    uid = published.uid if is_published and published is not None else meetings[0].uid
    return _as_series(uid, meetings, published)


def _latest(valid: Sequence[Appointment], now: datetime) -> Appointment | None:
    """Returns the one made last of those to come, of those accepted, or of all."""

    def rank(appointment: Appointment) -> tuple[bool, bool, datetime, str]:
        return (
            not _is_over(appointment, now),
            appointment.stage is not Stage.PENDING,
            appointment.reported_at,
            appointment.uid,
        )

    return max(valid, key=rank, default=None)


def _is_over(appointment: Appointment, now: datetime) -> bool:
    ends_at = appointment.booking.ends_at if appointment.booking else None
    return appointment.has_ended or (ends_at is not None and ends_at <= now)


def _beside(
    latest: Appointment,
    valid: Sequence[Appointment],
    published: Appointment | None,
    now: datetime,
) -> list[Appointment]:
    """Returns the meetings that stand together with the latest, in the order of their making.

    These are those to come, those of its series, and those that were published together.
    """
    known = _uids_of(published) if published is not None else set()
    to_come = {appointment.uid for appointment in valid if not _is_over(appointment, now)}
    if {latest.uid, latest.replaces}.isdisjoint(known) and known.isdisjoint(to_come):
        known = set()
    found: dict[str, Appointment] = {}
    for appointment in sorted(valid, key=lambda found: (found.reported_at, found.uid)):
        is_dated = appointment.booking is not None and appointment.booking.starts_at is not None
        is_as_sure = (appointment.stage is Stage.PENDING) == (latest.stage is Stage.PENDING)
        belongs = not {appointment.uid, appointment.replaces}.isdisjoint(known)
        belongs = belongs or appointment.uid in {*to_come, latest.uid}
        if is_dated and is_as_sure and (belongs or _is_of_series(appointment, latest)):
            found[appointment.uid] = appointment
    return list(found.values())


def _uids_of(published: Appointment) -> set[str]:
    meetings = published.booking.meetings if published.booking else ()
    return {published.uid, *(meeting.uid for meeting in meetings)}


def _shares(published: Appointment, meetings: Sequence[Appointment]) -> bool:
    """Returns whether one of the meetings was published, or came in the place of one."""
    known = _uids_of(published)
    return any(not {meeting.uid, meeting.replaces}.isdisjoint(known) for meeting in meetings)


def _is_series(appointment: Appointment) -> bool:
    return appointment.booking is not None and bool(appointment.booking.series)


def _in_its_series(appointment: Appointment, appointments: Collection[Appointment]) -> Appointment:
    """Returns the appointment as one of the series in which the meeting was that it replaced.

    Whichever of the two was heard of first.
    """
    by_uid = {found.uid: found for found in appointments}
    original = appointment
    passed = {appointment.uid}
    while original.replaces in by_uid and original.replaces not in passed:
        original = by_uid[original.replaces]
        passed.add(original.uid)
    is_moved = original is not appointment and appointment.booking is not None
    if not is_moved or original.booking is None or not original.booking.recurring:
        return appointment
    assert appointment.booking is not None
    booking = appointment.booking.model_copy(update={"recurring": True})
    return replace(appointment, booking=booking, reported_at=original.reported_at)


def _is_of_series(appointment: Appointment, other: Appointment) -> bool:
    apart = abs(appointment.reported_at - other.reported_at)
    recurring = appointment.booking is not None and appointment.booking.recurring
    return recurring and apart <= SERIES_WITHIN


def _as_series(
    uid: str, meetings: Sequence[Appointment], published: Appointment | None
) -> Appointment:
    """Returns the meetings that stand as one appointment: the first of them, with all dates."""
    dated = [
        (meeting, meeting.booking)
        for meeting in meetings
        if meeting.booking is not None and meeting.booking.starts_at is not None
    ]
    if not dated:
        return meetings[0]
    series = tuple(
        Occurrence(
            uid=meeting.uid,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at or booking.starts_at,
            meeting_url=booking.meeting_url,
            location=booking.location,
            ical_uid=booking.ical_uid,
            sequence=booking.sequence,
            moved=booking.moved,
            ended=meeting.has_ended,
            attended=meeting.attendee_came,
            host_absent=meeting.host_missed,
        )
        for meeting, booking in sorted(dated, key=lambda found: str(found[1].starts_at))
        if booking.starts_at is not None
    )
    first = next(meeting for meeting, _ in dated if meeting.uid == series[0].uid)
    assert first.booking is not None
    moved = 0
    if published is not None and published.uid == uid and published.booking is not None:
        moved = published.booking.moved + _has_moved(published.booking.series, series)
    booking = first.booking.model_copy(update={"uid": uid, "series": series, "moved": moved})
    return replace(first, uid=uid, booking=booking)


def _has_moved(before: Sequence[Occurrence], after: Sequence[Occurrence]) -> bool:
    """Returns whether a meeting was put in the place of another: one left, and one came."""
    known = {(meeting.uid, meeting.starts_at) for meeting in before}
    now = {(meeting.uid, meeting.starts_at) for meeting in after}
    return bool(known - now) and bool(now - known)


def changes_to_publish(
    lead_id: int,
    before: Appointment | None,
    after: Appointment | None,
    appointments: Collection[Appointment],
    *,
    revision: int,
    now: datetime,
) -> list[BookingEvent]:
    """Returns the events to publish when a lead's booking changes from `before` to `after`.

    They are numbered from `revision` on. `appointments` are all those of the lead, in their new
    state.
    """
    if after is None:
        if before is None:
            return []
        return [_cancellation(lead_id, before, appointments, revision + 1)]
    events: list[BookingEvent] = []
    booking = _with_confirmation(after)
    if before is not None and _is_cancelled(before, after, appointments):
        revision += 1
        events.append(_cancellation(lead_id, before, appointments, revision))
    if before is None or _differs(before, after):
        revision += 1
        events.append(_change(lead_id, before, after, appointments, revision))
    if booking.series:
        return [*events, *_ended_of_series(lead_id, before, booking, revision)]
    if after.has_ended and (before is None or _end_state(before) != _end_state(after)):
        ended = MeetingEnded(
            lead_id=lead_id,
            revision=revision + 1,
            uid=after.uid,
            ended_at=booking.ends_at or now,
            attended=after.attendee_came,
            host_absent=after.host_missed,
        )
        events.append(ended)
    return events


def unmatched_to_publish(before: Appointment | None, after: Appointment) -> list[BookingUnmatched]:
    """Returns what to publish of an appointment that matches no lead."""
    was_booked = before is not None and before.is_booked
    if after.guest or not (was_booked or after.is_booked):
        return []
    starts_at = after.booking.starts_at if after.booking else None
    known = before.booking if before is not None and was_booked else None
    if known is not None and after.is_booked and known.starts_at == starts_at:
        return []
    return [
        BookingUnmatched(
            uid=after.uid,
            starts_at=starts_at,
            email=after.email,
            phone=after.phones[0] if after.phones else None,
            cancelled=not after.is_booked,
        )
    ]


def _change(
    lead_id: int,
    before: Appointment | None,
    after: Appointment,
    appointments: Collection[Appointment],
    revision: int,
) -> BookingEvent:
    """Returns the event that says how the lead's booking changed."""
    booking = _with_confirmation(after)
    if before is not None and _is_same_meeting(before, after):
        is_further = _has_further(before, after, appointments)
        kind = LeadBooked if is_further else BookingUpdated
        return kind(lead_id=lead_id, revision=revision, booking=booking)
    if before is not None and after.has_ended and _is_cancelled(before, after, appointments):
        return BookingUpdated(lead_id=lead_id, revision=revision, booking=booking)
    if before is not None and _replaced(before, after, appointments):
        return BookingRescheduled(
            lead_id=lead_id, revision=revision, booking=booking, previous_uid=before.uid
        )
    return LeadBooked(lead_id=lead_id, revision=revision, booking=booking)


def _cancellation(
    lead_id: int, before: Appointment, appointments: Iterable[Appointment], revision: int
) -> BookingEvent:
    return BookingCancelled(
        lead_id=lead_id,
        revision=revision,
        uid=before.uid,
        reason=_now(before, appointments).reason,
        booking=_with_confirmation(before) if before.booking else None,
    )


def _is_cancelled(
    before: Appointment, after: Appointment, appointments: Iterable[Appointment]
) -> bool:
    """Returns whether nothing is left of what was published, although another meeting stands."""
    is_gone = _now(before, appointments).stage is Stage.GONE
    return is_gone and _uids_of(before).isdisjoint(_uids_of(after))


def _has_further(
    before: Appointment, after: Appointment, appointments: Collection[Appointment]
) -> bool:
    """Returns whether there is a meeting that was booked apart from those published."""
    known = _uids_of(before)
    published = [appointment for appointment in appointments if appointment.uid in known]
    added = [
        appointment for appointment in appointments if appointment.uid in _uids_of(after) - known
    ]
    return any(
        not any(_is_of_series(appointment, other) for other in published) for appointment in added
    )


def _is_same_meeting(before: Appointment, after: Appointment) -> bool:
    """Returns whether the booking stands as it did, at the same time."""
    assert after.booking is not None
    if before.booking is None or before.uid != after.uid:
        return False
    is_same_stage = (before.stage is Stage.PENDING) == (after.stage is Stage.PENDING)
    return is_same_stage and before.booking.moved == after.booking.moved


def _ended_of_series(
    lead_id: int, before: Appointment | None, booking: Booking, revision: int
) -> list[BookingEvent]:
    """Returns the ends of meetings of the series that were not published yet."""
    published = before.booking if before is not None and before.uid == booking.uid else None
    known = {_end_of(meeting) for meeting in published.series} if published else set()
    events: list[BookingEvent] = []
    for meeting in booking.series:
        if not meeting.ended or _end_of(meeting) in known:
            continue
        revision += 1
        events.append(
            MeetingEnded(
                lead_id=lead_id,
                revision=revision,
                uid=meeting.uid,
                ended_at=meeting.ends_at,
                attended=meeting.attended,
                host_absent=meeting.host_absent,
            )
        )
    return events


def _end_of(meeting: Occurrence) -> tuple[str, bool, bool, bool]:
    return meeting.uid, meeting.ended, meeting.attended, meeting.host_absent


def _with_confirmation(appointment: Appointment) -> Booking:
    assert appointment.booking is not None
    confirmed = appointment.stage is not Stage.PENDING
    return appointment.booking.model_copy(update={"confirmed": confirmed})


def _now(before: Appointment, appointments: Iterable[Appointment]) -> Appointment:
    """Returns what has become of a published appointment."""
    known = {appointment.name: appointment for appointment in appointments}
    return known.get(before.name, before)


def _replaced(before: Appointment, after: Appointment, appointments: Iterable[Appointment]) -> bool:
    """Returns whether `after` replaced `before`, or is the same booking at another time."""
    if before.uid == after.uid:
        return before.stage is after.stage
    return _now(before, appointments).stage is Stage.MOVED


def _end_state(appointment: Appointment) -> tuple[str, bool, bool, bool]:
    return (
        appointment.uid,
        appointment.has_ended,
        appointment.attendee_came,
        appointment.host_missed,
    )


def _differs(before: Appointment, after: Appointment) -> bool:
    """Returns whether it is another meeting, has other details, or is now accepted or pending."""
    assert after.booking is not None
    if before.booking is None or not _is_same_meeting(before, after):
        return True
    return _details(before.booking) != _details(after.booking)


def _details(booking: Booking) -> set[tuple[object, ...]]:
    """Returns when and where the meetings of the booking are."""
    return {
        (
            meeting.uid,
            meeting.starts_at,
            meeting.ends_at,
            meeting.meeting_url,
            meeting.location,
        )
        for meeting in booking.meetings
    }


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
    of_attendee: int | None,
    leads: Collection[Candidate],
    secret: str,
    region: str,
) -> tuple[int, Matched] | None:
    """Returns the lead that booked, and how it was found. None where no lead matches.

    Tried in this order: signed token, metadata, the lead `of_attendee`, email, phone. A visitor can
    edit the link, so a bare lead id counts only where the attendee's email and phone do not
    contradict it. `of_attendee` is the lead that the same attendee's appointment has already.
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
    if of_attendee is not None:
        return of_attendee, Matched.UID
    newest = sorted(leads, key=lambda lead: -lead.lead_id)
    same_email = [lead for lead in newest if email and lead.email == email]
    same_phone = [lead for lead in newest if lead.phone in phones]
    # of several leads with one mailbox, the one whose phone agrees as well
    agreeing = [lead for lead in same_email if lead in same_phone]
    for matched, found in (
        (Matched.EMAIL, agreeing),
        (Matched.EMAIL, same_email),
        (Matched.PHONE, same_phone),
    ):
        if found:
            return found[0].lead_id, matched
    return None
