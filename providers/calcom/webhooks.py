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
from providers.calcom.models import AttendeeHints, BookingUpdate, Ping, Unknown, UpdateKind

_KINDS = {
    "BOOKING_CREATED": UpdateKind.CREATED,
    "BOOKING_REQUESTED": UpdateKind.REQUESTED,
    "BOOKING_RESCHEDULED": UpdateKind.MOVED,
    "BOOKING_CANCELLED": UpdateKind.CANCELLED,
    "BOOKING_REJECTED": UpdateKind.REJECTED,
    "BOOKING_NO_SHOW_UPDATED": UpdateKind.NO_SHOW,
    "MEETING_ENDED": UpdateKind.ENDED,
}
_LEGACY_KINDS = {
    name: _KINDS[name] for name in ("BOOKING_CREATED", "BOOKING_CANCELLED", "BOOKING_RESCHEDULED")
}
_BOOKED = {UpdateKind.CREATED, UpdateKind.REQUESTED, UpdateKind.MOVED}
# these happen once to a booking, however many webhooks of the account point here
_ONCE = {*_KINDS, "MEETING_STARTED"}

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
FIRST_YEAR = 2000
LAST_YEAR = 2100
_DIGITS = re.compile(r"[0-9]{1,19}")
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


def dedupe_key(body: Any, raw: bytes) -> str:
    """Returns one key for one fact, even when two webhooks report it at different times."""
    root = mapping(body)
    item = _unwrapped(root)
    trigger = root.get("triggerEvent")
    uid = _uid(item)
    if not isinstance(trigger, str) or trigger not in _ONCE or uid is None:
        return hashlib.sha256(raw).hexdigest()
    if _KINDS.get(trigger) is UpdateKind.NO_SHOW:
        return f"{trigger}:{uid}:{_attended(item)}"
    return f"{trigger}:{uid}"


def _read_booking(
    trigger: str, root: Mapping[str, Any], received_at: datetime
) -> BookingUpdate | Unknown:
    item = _unwrapped(root)
    uid = _uid(item)
    if uid is None:
        return Unknown("uid")
    what = _KINDS.get(trigger, UpdateKind.OTHER)
    return BookingUpdate(
        what=what,
        uid=uid,
        previous_uid=text(item.get("rescheduleUid")) or text(item.get("fromReschedule")),
        hints=_hints(item),
        booking=_booking(uid, item, what),
        at=_sent_at(what, root) or received_at,
        reason=_reason(what, item),
        attended=_attended(item) if what is UpdateKind.NO_SHOW else None,
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
    what = (
        _LEGACY_KINDS.get(event, UpdateKind.OTHER) if isinstance(event, str) else UpdateKind.CREATED
    )
    uid = f"legacy-{lead_id}"
    return BookingUpdate(
        what=what,
        uid=uid,
        previous_uid=None,
        hints=replace(_hints(payload if nested else root), lead_id=lead_id),
        booking=Booking(uid=uid) if what is UpdateKind.CREATED else None,
        at=received_at,
        reason="",
        attended=None,
    )


def _unwrapped(root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the booking, which MEETING_* bodies may have at the root.

    There, `createdAt` is the booking's own and not the webhook's.
    """
    payload = root.get("payload")
    return payload if isinstance(payload, dict) else root


def _uid(item: Mapping[str, Any]) -> str | None:
    uid = text(item.get("uid")) or text(item.get("bookingUid"))
    return uid if uid and len(uid) <= 200 else None


def _sent_at(what: UpdateKind, root: Mapping[str, Any]) -> datetime | None:
    if isinstance(root.get("payload"), dict):
        return moment(root.get("createdAt"))
    return moment(root.get("endTime" if what is UpdateKind.ENDED else "startTime"))


def _booking(uid: str, item: Mapping[str, Any], what: UpdateKind) -> Booking | None:
    starts_at = moment(item.get("startTime"))
    ends_at = moment(item.get("endTime"))
    if starts_at is None and ends_at is None and what not in _BOOKED:
        return None
    attendee = _attendee(item)
    language = attendee.get("language")
    return Booking(
        uid=uid,
        starts_at=starts_at,
        ends_at=ends_at,
        title=(text(item.get("eventTitle")) or text(item.get("title")) or "")[:LONGEST_TITLE],
        meeting_url=_meeting_url(item),
        time_zone=(text(attendee.get("timeZone")) or "")[:LONGEST_ZONE] or None,
        language=text(mapping(language).get("locale"))
        or text(language)
        or text(attendee.get("locale")),
        confirmed=(text(item.get("status")) or "").upper() != "PENDING",
    )


def _meeting_url(item: Mapping[str, Any]) -> str | None:
    location = text(item.get("location")) or ""
    return (
        text(mapping(item.get("metadata")).get("videoCallUrl"))
        or text(mapping(item.get("videoCallData")).get("url"))
        or (location if location.startswith(("https://", "http://")) else None)
    )


def _hints(item: Mapping[str, Any]) -> AttendeeHints:
    metadata = mapping(item.get("metadata"))
    email = text(_attendee(item).get("email"))
    # Cal.com makes an address from the phone number where the page asks for none
    if email and email.lower().endswith("@sms.cal.com"):
        email = None
    return AttendeeHints(
        lead_id=_lead_id(metadata.get("lead_id")) or _lead_id(_response(item, "lead_id")),
        token=text(metadata.get("lead_token")) or text(_response(item, "lead_token")),
        email=email,
        phone_texts=tuple(dict.fromkeys(_phones(item))),
    )


def _phones(item: Mapping[str, Any]) -> list[str]:
    phone_fields = [
        _attendee(item).get("phoneNumber"),
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


def _attendee(item: Mapping[str, Any]) -> Mapping[str, Any]:
    attendees = item.get("attendees")
    return mapping(attendees[0]) if isinstance(attendees, list) and attendees else {}


def _attended(item: Mapping[str, Any]) -> bool | None:
    absent = _attendee(item).get("noShow")
    return not absent if isinstance(absent, bool) else None


def _reason(what: UpdateKind, item: Mapping[str, Any]) -> str:
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
