"""Translates Cal.com's webhooks into our words. Pure: no network, no database.

https://cal.com/docs/developing/guides/automation/webhooks
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from contracts.events.booking import Booking
from providers.calcom.models import (
    AttendeeHints,
    BookingUpdate,
    EventType,
    Ping,
    Unknown,
    UpdateKind,
)

_KINDS = {
    "BOOKING_CREATED": UpdateKind.CREATED,
    "BOOKING_REQUESTED": UpdateKind.REQUESTED,
    "BOOKING_RESCHEDULED": UpdateKind.MOVED,
    "BOOKING_CANCELLED": UpdateKind.CANCELLED,
    "BOOKING_REJECTED": UpdateKind.REJECTED,
    "BOOKING_NO_SHOW_UPDATED": UpdateKind.NO_SHOW,
    "MEETING_ENDED": UpdateKind.ENDED,
}
# a lead that moved a booking has one
_LEGACY_KINDS = {
    "BOOKING_CREATED": UpdateKind.CREATED,
    "BOOKING_RESCHEDULED": UpdateKind.CREATED,
    "BOOKING_CANCELLED": UpdateKind.CANCELLED,
}
_BOOKED = {UpdateKind.CREATED, UpdateKind.REQUESTED, UpdateKind.MOVED}

_BUILT_IN = {
    "name",
    "email",
    "location",
    "title",
    "notes",
    "guests",
    "rescheduleReason",
    "attendeePhoneNumber",
    "smsReminderNumber",
    "lead_id",
    "lead_token",
}
LONGEST = 2000
LONGEST_TITLE = 300
LONGEST_ZONE = 64
LONGEST_LOCATION = 200
FIRST_YEAR = 2000
LAST_YEAR = 2100
MOST_ATTENDEES = 500
# a reason that Cal.com keeps for itself, such as $RCH$
_REASONS = re.compile(r"\$\w+\$")
_DIGITS = re.compile(r"[0-9]{1,19}")
_KINDS_OF_PLACE = {
    "phone",
    "userPhone",
    "inPerson",
    "attendeeInPerson",
    "link",
    "somewhereElse",
    "conferencing",
}
_NO_PLACE = ("integrations:", "https://", "http://")
_PHONE = re.compile(r"\+?[0-9\s().-]{10,25}")


def signed_by_calcom(raw: bytes, header: str | None, secret: str) -> bool:
    """Returns whether `header` (X-Cal-Signature-256) signs exactly these bytes."""
    expected = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    given = (header or "").strip().lower()
    return bool(secret) and hmac.compare_digest(expected.encode(), given.encode(errors="replace"))


def read_webhook(body: Any, received_at: datetime) -> BookingUpdate | Ping | Unknown:
    """Returns the update that a webhook's body describes.

    `triggerEvent` marks a body of Cal.com; `event` or a `lead_id` at the root marks the callers
    that we had before Cal.com.
    """
    root = mapping(body)
    match root.get("triggerEvent"):
        case "PING":
            return Ping()
        case str(trigger):
            return _read_booking(trigger, root, received_at)
        case None:
            return _read_legacy(root, received_at)
        case _:
            return Unknown("triggerEvent")


def dedupe_key(body: Any, raw: bytes, received_at: datetime) -> str:
    """Returns the key by which a repeat of the same bytes is known.

    Cal.com's bodies name the instant of the change. Those of the callers before it are the same
    bytes for each new booking of a lead, so each of these has a key of its own.
    """
    key = hashlib.sha256(raw).hexdigest()
    is_calcom = mapping(body).get("triggerEvent") is not None
    return key if is_calcom else f"{key} {received_at.isoformat()}"


def _read_booking(
    trigger: str, root: Mapping[str, Any], received_at: datetime
) -> BookingUpdate | Unknown:
    item = _unwrapped(root)
    previous = _uid(item, "rescheduleUid", "fromReschedule")
    # a seat that moves to a time of its own may come without a new uid
    uid = _uid(item, "uid", "bookingUid") or previous
    if uid is None:
        return Unknown("uid")
    what = _KINDS.get(trigger, UpdateKind.OTHER)
    attendees = _attendees(item, what)
    host_absent = item.get("noShowHost") is True or not attendees
    return BookingUpdate(
        what=what,
        uid=uid,
        previous_uid=previous if previous != uid else None,
        attendees=attendees or (_booker(item, {}),),
        booking=_booking(uid, item, what),
        at=_sent_at(what, root) or received_at,
        reason=_reason(what, item),
        seated=item.get("seatsPerTimeSlot") is not None
        or any(attendee.seat for attendee in attendees),
        host_absent=what is UpdateKind.NO_SHOW and host_absent,
        event_type=_event_type(item),
    )


def _read_legacy(root: Mapping[str, Any], received_at: datetime) -> BookingUpdate | Unknown:
    event = root.get("event")
    payload = mapping(root.get("payload"))
    nested = isinstance(event, str) and "lead_id" in mapping(payload.get("metadata"))
    if not nested and "lead_id" not in root:
        return Unknown("lead_id" if isinstance(event, str) else "triggerEvent")
    lead_id = _lead_id(mapping(payload.get("metadata"))["lead_id"] if nested else root["lead_id"])
    if lead_id is None:
        return Unknown("lead_id")
    # a bare lead id means that this lead booked
    what = UpdateKind.CREATED
    if isinstance(event, str):
        what = _LEGACY_KINDS.get(event, UpdateKind.OTHER)
    uid = f"legacy-{lead_id}"
    item = payload if nested else root
    return BookingUpdate(
        what=what,
        uid=uid,
        previous_uid=None,
        attendees=(replace(_booker(item, _first(item)), lead_id=lead_id),),
        booking=Booking(uid=uid) if what is UpdateKind.CREATED else None,
        at=received_at,
        is_legacy=True,
    )


def _unwrapped(root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the booking, which MEETING_* bodies may have at the root.

    There, `createdAt` is the booking's own and not the webhook's.
    """
    payload = root.get("payload")
    return payload if isinstance(payload, dict) else root


def _uid(item: Mapping[str, Any], *names: str) -> str | None:
    """Returns the first of the fields that names a booking."""
    uids = (text(item.get(name)) for name in names)
    return next((uid for uid in uids if uid and len(uid) <= 200), None)


def _event_type(item: Mapping[str, Any]) -> EventType:
    listed = mapping(item.get("eventType"))
    return EventType(
        number=text(item.get("eventTypeId")) or text(listed.get("id")),
        slug=text(item.get("type")) or text(listed.get("slug")),
    )


def _sent_at(what: UpdateKind, root: Mapping[str, Any]) -> datetime | None:
    if isinstance(root.get("payload"), dict):
        return moment(root.get("createdAt"))
    return moment(root.get("endTime" if what is UpdateKind.ENDED else "startTime"))


def _booking(uid: str, item: Mapping[str, Any], what: UpdateKind) -> Booking | None:
    starts_at = moment(item.get("startTime"))
    ends_at = moment(item.get("endTime"))
    if starts_at is None and ends_at is None and what not in _BOOKED:
        return None
    sequence = item.get("iCalSequence")
    booker = _booker(item, _first(item))
    return Booking(
        uid=uid,
        starts_at=starts_at,
        ends_at=ends_at,
        title=(text(item.get("eventTitle")) or text(item.get("title")) or "")[:LONGEST_TITLE],
        meeting_url=_meeting_url(item),
        location=_location(item),
        time_zone=booker.time_zone,
        language=booker.language,
        confirmed=(text(item.get("status")) or "").upper() != "PENDING",
        ical_uid=text(item.get("iCalUID")),
        recurring=_is_recurring(item),
        sequence=sequence if isinstance(sequence, int) and 0 <= sequence < 2**31 else 0,
    )


def _is_recurring(item: Mapping[str, Any]) -> bool:
    """Returns whether it is one of a series, whose meetings come as one booking each."""
    recurring = item.get("recurringEvent") or item.get("recurringEventId")
    return bool(recurring or item.get("recurringBookingUid"))


def _meeting_url(item: Mapping[str, Any]) -> str | None:
    location = text(item.get("location")) or ""
    return (
        text(mapping(item.get("metadata")).get("videoCallUrl"))
        or text(mapping(item.get("videoCallData")).get("url"))
        or (location if _is_link(location) else None)
    )


def _location(item: Mapping[str, Any]) -> str:
    """Returns the phone number or the place of the meeting.

    Empty where it is a link, or one of Cal.com's own words for a kind of place.
    """
    location = " ".join((text(item.get("location")) or "").split())
    if location in _KINDS_OF_PLACE or location.startswith(_NO_PLACE):
        return ""
    return location[:LONGEST_LOCATION]


def _is_link(location: str) -> bool:
    return location.startswith(("https://", "http://"))


def _attendees(item: Mapping[str, Any], what: UpdateKind) -> tuple[AttendeeHints, ...]:
    """Returns the attendees that the body names: the booker, then the others."""
    listed = item.get("attendees")
    people = [mapping(person) for person in listed] if isinstance(listed, list) else []
    if not people:
        return () if what is UpdateKind.NO_SHOW else (_booker(item, {}),)
    seated = item.get("seatsPerTimeSlot") is not None or any(
        "seatUid" in person for person in people
    )
    booker, *others = people[:MOST_ATTENDEES]
    found = [_booker(item, booker)]
    found += [replace(_attendee(person), guest=not seated) for person in others]
    if what is UpdateKind.NO_SHOW:
        return tuple(found)
    return tuple(replace(attendee, absent=attendee.absent or None) for attendee in found)


def _booker(item: Mapping[str, Any], person: Mapping[str, Any]) -> AttendeeHints:
    """Returns the booker, to whom the answers and the link's metadata belong."""
    metadata = {**mapping(item.get("metadata")), **mapping(person.get("metadata"))}
    known = _attendee(person)
    return replace(
        known,
        lead_id=_lead_id(metadata.get("lead_id"))
        or _lead_id(_response(item, "lead_id"))
        or known.lead_id,
        token=text(metadata.get("lead_token"))
        or text(_response(item, "lead_token"))
        or known.token,
        phone_texts=tuple(dict.fromkeys([*known.phone_texts, *_phones(item)])),
    )


def _attendee(person: Mapping[str, Any]) -> AttendeeHints:
    """Returns an attendee. Of a seat, Cal.com's lists tell the link and the answers apart."""
    metadata = mapping(person.get("metadata"))
    answers = {"responses": person.get("bookingFieldsResponses")}
    email = text(person.get("email"))
    # Cal.com makes an address from the phone number where the page asks for none
    if email and email.lower().endswith("@sms.cal.com"):
        email = None
    phone = text(person.get("phoneNumber"))
    language = person.get("language")
    seat = text(person.get("seatUid")) or text(
        mapping(person.get("bookingSeat")).get("referenceUid")
    )
    return AttendeeHints(
        lead_id=_lead_id(metadata.get("lead_id")) or _lead_id(_response(answers, "lead_id")),
        token=text(metadata.get("lead_token")) or text(_response(answers, "lead_token")),
        email=email,
        phone_texts=(phone,) if phone else (),
        time_zone=(text(person.get("timeZone")) or "")[:LONGEST_ZONE] or None,
        language=text(mapping(language).get("locale"))
        or text(language)
        or text(person.get("locale")),
        seat=seat,
        absent=_absence(person),
    )


def _absence(person: Mapping[str, Any]) -> bool | None:
    absent = person.get("noShow", person.get("absent"))
    return absent if isinstance(absent, bool) else None


def _phones(item: Mapping[str, Any]) -> list[str]:
    phone_fields = [
        _response(item, "attendeePhoneNumber"),
        item.get("smsReminderNumber"),
        _response(item, "smsReminderNumber"),
    ]
    custom_answers = [
        _response(item, name) for name in mapping(item.get("responses")) if name not in _BUILT_IN
    ]
    found = [text(value) for value in phone_fields]
    others = [text(value) for value in (item.get("location"), *custom_answers)]
    found += [value for value in others if value and _resembles_phone(value)]
    return [value for value in found if value]


def _resembles_phone(value: str) -> bool:
    return bool(_PHONE.fullmatch(value)) and 10 <= sum(map(str.isdigit, value)) <= 15


def _response(item: Mapping[str, Any], name: str) -> Any:
    """Returns an answer, which Cal.com sends bare or as an object of label and value."""
    answer = mapping(item.get("responses")).get(name)
    return answer.get("value") if isinstance(answer, dict) else answer


def _first(item: Mapping[str, Any]) -> Mapping[str, Any]:
    attendees = item.get("attendees")
    return mapping(attendees[0]) if isinstance(attendees, list) and attendees else {}


def _reason(what: UpdateKind, item: Mapping[str, Any]) -> str:
    reason = _reason_given(what, item)
    return "" if _REASONS.fullmatch(reason) else reason


def _reason_given(what: UpdateKind, item: Mapping[str, Any]) -> str:
    match what:
        case UpdateKind.CANCELLED:
            return text(item.get("cancellationReason")) or ""
        case UpdateKind.REJECTED:
            return text(item.get("rejectionReason")) or ""
        case UpdateKind.MOVED:
            return text(_response(item, "rescheduleReason")) or ""
        case _:
            return ""


def _lead_id(value: Any) -> int | None:
    """Returns a lead's id: Cal.com sends it as text, the callers before Cal.com as a number."""
    digits = text(value) or ""
    number = int(digits) if _DIGITS.fullmatch(digits) else 0
    return number if 0 < number < 2**63 else None


def mapping(value: Any) -> Mapping[str, Any]:
    """Returns `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str | None:
    """Returns at most LONGEST characters of `value` as text that a database accepts.

    None where nothing is left of it.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return str(value)
    if not isinstance(value, str):
        return None
    return value[:LONGEST].encode(errors="ignore").decode().replace("\0", "").strip() or None


def moment(value: Any) -> datetime | None:
    """Returns a time in UTC from any of Cal.com's three formats.

    None for a time that no meeting has, such as one in the year 1.
    """
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        if not at.tzinfo:
            at = at.replace(tzinfo=UTC)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if FIRST_YEAR <= at.year <= LAST_YEAR else None
