"""Cal.com's webhooks as it posts them, and its list of bookings."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.booking import Booking
from kit.errors import Unavailable
from providers.calcom.client import CalcomClient, read_answer, read_listed
from providers.calcom.models import (
    AttendeeHints,
    BookingUpdate,
    EventType,
    Ping,
    Unknown,
    UpdateKind,
)
from providers.calcom.webhooks import dedupe_key, moment, read_webhook, signed_by_calcom
from providers.errors import CredentialsRejected
from tests.wire import Wire

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENT = datetime(2026, 3, 2, 9, 30, 0, 250_000, tzinfo=UTC)
STARTS = datetime(2026, 3, 4, 17, tzinfo=UTC)
ENDS = datetime(2026, 3, 4, 17, 30, tzinfo=UTC)
VIDEO = "https://app.cal.example/video/uid-1"
LEAD = {"lead_id": "77", "lead_token": "signed"}
HINTS = AttendeeHints(
    77, "signed", "ana@example.com", ("+528100000001",), "America/Monterrey", "es"
)
BOOKING = Booking(
    uid="uid-1",
    starts_at=STARTS,
    ends_at=ENDS,
    title="Asesoría",
    meeting_url=VIDEO,
    time_zone="America/Monterrey",
    language="es",
)


def answers(**values: Any) -> dict[str, Any]:
    """Returns answers as they come with their labels. None is a question without an answer."""
    return {
        name: {"label": name, "isHidden": False} | ({} if value is None else {"value": value})
        for name, value in values.items()
    }


def a_booking(**changes: Any) -> dict[str, Any]:
    attendee = {"email": "ana@example.com", "name": "Ana Ruiz", "timeZone": "America/Monterrey"}
    return {
        "title": "Asesoría entre Luz y Ana Ruiz",
        "eventTitle": "Asesoría",
        "type": "asesoria",
        "uid": "uid-1",
        "startTime": "2026-03-04T17:00:00Z",
        "endTime": "2026-03-04T17:30:00Z",
        "bookingId": 5,
        "attendees": [attendee | {"phoneNumber": "+528100000001", "language": {"locale": "es"}}],
        "responses": answers(
            name="Ana Ruiz",
            email="ana@example.com",
            attendeePhoneNumber="+528100000001",
            notes=None,
        ),
        "location": "integrations:daily",
        "metadata": {"videoCallUrl": VIDEO, **LEAD},
        "status": "ACCEPTED",
        **changes,
    }


def wrapped(trigger: Any, payload: Any = None) -> dict[str, Any]:
    sent = "2026-03-02T09:30:00.250Z"
    return {
        "triggerEvent": trigger,
        "createdAt": sent,
        "payload": a_booking() if payload is None else payload,
    }


def flat(trigger: str, **changes: Any) -> dict[str, Any]:
    """Returns a MEETING_* body: the booking's row at the root, with other names for some fields."""
    row = a_booking(startTime="2026-03-04T17:00:00.000Z", endTime="2026-03-04T17:30:00.000Z")
    del row["eventTitle"]
    row["attendees"] = [{**row["attendees"][0], "language": None, "locale": "es", "noShow": False}]
    row |= {
        "createdAt": "2026-03-01T08:00:00.000Z",
        "fromReschedule": None,
        "smsReminderNumber": None,
    }
    return {"triggerEvent": trigger, **row, **changes}


def update_of(body: Any) -> BookingUpdate:
    read = read_webhook(body, NOW)
    assert isinstance(read, BookingUpdate), read
    return read


def without(booking: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in booking.items() if name not in names}


# ---- signatures


def test_a_signature_over_the_exact_bytes() -> None:
    body = '{"triggerEvent":"PING","payload":{"title":"Asesoría"}}'.encode()
    right = hmac.new(b"secret", body, hashlib.sha256).hexdigest()

    assert signed_by_calcom(body, right, "secret")
    assert signed_by_calcom(body, f" {right.upper()} ", "secret")
    assert not signed_by_calcom(body + b" ", right, "secret")
    assert not signed_by_calcom(body, right, "another")
    for wrong in (None, "", right[:32], "no-secret-provided", "ñ" * 64):
        assert not signed_by_calcom(body, wrong, "secret")


def test_a_signature_known_beforehand() -> None:
    """The second test case of RFC 4231, so that both sides cannot be wrong together."""
    # pragma: allowlist nextline secret
    known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert signed_by_calcom(b"what do ya want for nothing?", known, "Jefe")


def test_without_a_secret_nothing_is_signed() -> None:
    assert not signed_by_calcom(b"{}", hmac.new(b"", b"{}", hashlib.sha256).hexdigest(), "")
    assert not signed_by_calcom(b"{}", "no-secret-provided", "")


# ---- updates


def test_a_booking_with_its_lead() -> None:
    assert update_of(wrapped("BOOKING_CREATED")) == BookingUpdate(
        UpdateKind.CREATED,
        "uid-1",
        None,
        (HINTS,),
        BOOKING,
        SENT,
        event_type=EventType(slug="asesoria"),
    )


@pytest.mark.parametrize(
    ("trigger", "what"),
    [
        ("BOOKING_CREATED", UpdateKind.CREATED),
        ("BOOKING_REQUESTED", UpdateKind.REQUESTED),
        ("BOOKING_RESCHEDULED", UpdateKind.MOVED),
        ("BOOKING_CANCELLED", UpdateKind.CANCELLED),
        ("BOOKING_REJECTED", UpdateKind.REJECTED),
        ("BOOKING_NO_SHOW_UPDATED", UpdateKind.NO_SHOW),
        ("MEETING_ENDED", UpdateKind.ENDED),
        ("MEETING_STARTED", UpdateKind.OTHER),
        ("BOOKING_PAID", UpdateKind.OTHER),
        ("SOMETHING_NEW", UpdateKind.OTHER),
    ],
)
def test_what_each_trigger_means(trigger: str, what: UpdateKind) -> None:
    read = update_of(wrapped(trigger))

    assert (read.what, read.uid, read.booker.lead_id) == (what, "uid-1", 77)


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "2101-01-01T00:00:00Z",
        "x" * 10**6,
    ],
)
def test_what_is_no_time_of_a_meeting_is_left_out(time: str) -> None:
    booking = update_of(wrapped("BOOKING_CREATED", a_booking(startTime=time, endTime=time))).booking

    assert booking is not None
    assert (booking.starts_at, booking.ends_at) == (None, None)


def test_giant_texts_are_cut() -> None:
    attendee = {
        "email": "ana@example.com",
        "timeZone": "A" * 300_000,
        "language": {"locale": "e" * 300_000},
    }
    giant = "x" * 900_000
    read = update_of(
        wrapped(
            "BOOKING_CANCELLED",
            a_booking(eventTitle=giant, attendees=[attendee], cancellationReason=giant),
        )
    )

    assert read.booking is not None
    assert len(read.booking.model_dump_json()) < 5_000
    assert len(read.reason) == 2_000


def test_a_request_waits_for_the_host() -> None:
    read = update_of(wrapped("BOOKING_REQUESTED", a_booking(status="PENDING", metadata=LEAD)))

    assert read.booking == BOOKING.model_copy(update={"confirmed": False, "meeting_url": None})
    assert read.booker == HINTS


@pytest.mark.parametrize("status", ["AWAITING_HOST", "SOMETHING_NEW", 5, None, {}, [5]])
def test_a_status_that_is_not_known_breaks_nothing(status: object) -> None:
    read = update_of(wrapped("BOOKING_CREATED", a_booking(status=status, metadata=LEAD)))

    assert read.what is UpdateKind.CREATED
    assert read.booking is not None


def test_a_move_without_and_with_the_lead() -> None:
    moved = a_booking(
        uid="uid-2",
        rescheduleUid="uid-1",
        metadata={"videoCallUrl": VIDEO},
        responses=answers(rescheduleReason="Un compromiso"),
    )
    lost = update_of(wrapped("BOOKING_RESCHEDULED", moved))
    kept = update_of(wrapped("BOOKING_RESCHEDULED", moved | {"metadata": LEAD}))

    assert (lost.uid, lost.previous_uid, lost.booker.lead_id, lost.reason) == (
        "uid-2",
        "uid-1",
        None,
        "Un compromiso",
    )
    assert (kept.uid, kept.previous_uid, kept.booker.lead_id) == ("uid-2", "uid-1", 77)


def test_a_cancellation_and_a_rejection_have_a_reason() -> None:
    over = without(a_booking(), "metadata")
    cancelled = update_of(
        wrapped(
            "BOOKING_CANCELLED", over | {"status": "CANCELLED", "cancellationReason": "No puedo"}
        )
    )
    rejected = update_of(
        wrapped("BOOKING_REJECTED", over | {"status": "REJECTED", "rejectionReason": "Lleno"})
    )

    assert (cancelled.reason, cancelled.booker.lead_id, cancelled.at) == ("No puedo", None, SENT)
    assert cancelled.booking == BOOKING.model_copy(update={"meeting_url": None})
    assert (rejected.reason, rejected.booker.email) == ("Lleno", "ana@example.com")


@pytest.mark.parametrize("no_show", [True, False, None])
def test_a_no_show_and_its_removal(no_show: bool | None) -> None:
    attendees = [{"email": "ana@example.com", "noShow": no_show}]
    read = update_of(
        wrapped(
            "BOOKING_NO_SHOW_UPDATED",
            {"message": "x", "attendees": attendees, "bookingUid": "uid-1"},
        )
    )

    assert read == BookingUpdate(
        what=UpdateKind.NO_SHOW,
        uid="uid-1",
        previous_uid=None,
        attendees=(AttendeeHints(email="ana@example.com", absent=no_show),),
        booking=None,
        at=SENT,
    )


@pytest.mark.parametrize("body", [{}, {"attendees": []}, {"noShowHost": True, "attendees": [{}]}])
def test_a_host_who_did_not_come(body: dict[str, Any]) -> None:
    read = update_of(wrapped("BOOKING_NO_SHOW_UPDATED", {"bookingUid": "uid-1", **body}))

    assert read.host_absent
    assert read.booker.absent is None


def test_a_meetings_end_flat_wrapped_and_with_plain_answers() -> None:
    plain = {
        "name": "Ana Ruiz",
        "attendeePhoneNumber": "+528100000001",
        "lead_id": "77",
        "location": {"value": "x"},
    }
    bodies = [
        flat("MEETING_ENDED"),
        flat("MEETING_ENDED", responses=plain, metadata={"lead_token": "signed"}),
    ]
    row = without(flat("MEETING_ENDED", fromReschedule="uid-0"), "triggerEvent")
    bodies.append(wrapped("MEETING_ENDED", row))
    updates = [update_of(body) for body in bodies]

    assert [update.what for update in updates] == [UpdateKind.ENDED] * 3
    assert [update.booker for update in updates] == [HINTS] * 3
    assert [update.at for update in updates] == [ENDS, ENDS, SENT]
    title = "Asesoría entre Luz y Ana Ruiz"
    assert updates[0].booking == BOOKING.model_copy(update={"title": title})
    assert [update.booker.absent for update in updates] == [None] * 3, (
        "the snapshot is older than the meeting"
    )
    assert updates[2].previous_uid == "uid-0"


def test_a_meetings_start_is_at_its_start() -> None:
    assert update_of(flat("MEETING_STARTED")).at == STARTS
    assert update_of(flat("MEETING_STARTED", startTime=None)).at == NOW


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04T17:00:00Z",
        "2026-03-04T17:00:00+00:00",
        "2026-03-04T17:00:00.000Z",
        "2026-03-04T11:00:00-06:00",
    ],
)
def test_every_way_to_write_a_time(text: str) -> None:
    booking = update_of(wrapped("BOOKING_CREATED", a_booking(startTime=text))).booking

    assert booking is not None
    assert booking.starts_at == STARTS
    assert booking.starts_at.tzinfo is UTC


@pytest.mark.parametrize("text", ["soon", "", 5, None, "0001-01-01T00:00:00+14:00", ["2026-03-04"]])
def test_a_time_that_is_none(text: Any) -> None:
    booking = update_of(wrapped("BOOKING_CREATED", a_booking(startTime=text, endTime=text))).booking

    assert booking == BOOKING.model_copy(update={"starts_at": None, "ends_at": None})
    assert (
        update_of(wrapped("BOOKING_PAID", a_booking(startTime=text, endTime=text))).booking is None
    )


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, VIDEO),
        (
            {"metadata": {}, "videoCallData": {"url": "https://video.example/x"}},
            "https://video.example/x",
        ),
        ({"metadata": None, "location": "https://meet.example/y"}, "https://meet.example/y"),
        ({"metadata": {}, "location": "javascript:alert(1)"}, None),
        ({"metadata": {}, "location": "+528100000009"}, None),
    ],
)
def test_where_the_meeting_is(changes: dict[str, Any], url: str | None) -> None:
    booking = update_of(wrapped("BOOKING_CREATED", a_booking(**changes))).booking

    assert booking is not None
    assert booking.meeting_url == url


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (" Av. Constitución 100,\n Monterrey ", "Av. Constitución 100, Monterrey"),
        ("Monterrey", "Monterrey"),
        ("+528100000009", "+528100000009"),
        ("integrations:google:meet", ""),
        ("attendeeInPerson", ""),
        ("https://meet.example/y", ""),
        ("x" * 1_000, "x" * 200),
        (None, ""),
    ],
)
def test_where_they_meet_without_a_link(location: Any, place: str) -> None:
    booking = update_of(wrapped("BOOKING_CREATED", a_booking(location=location))).booking

    assert booking is not None
    assert booking.location == place


# ---- whose it is


@pytest.mark.parametrize(
    ("value", "lead_id"),
    [
        ("77", 77),
        (77, 77),
        ("0077", 77),
        (2**63 - 1, 2**63 - 1),
        (str(2**63), None),
        ("0", None),
        (-5, None),
        ("-5", None),
        ("7e7", None),
        ("٧٧", None),
        ("9" * 5000, None),
        (7.5, None),
        (True, None),
        (None, None),
        ([77], None),
        ({"id": 77}, None),
        ("", None),
    ],
)
def test_every_fate_of_a_lead_id(value: Any, lead_id: int | None) -> None:
    assert (
        update_of(wrapped("BOOKING_CREATED", a_booking(metadata={"lead_id": value}))).booker.lead_id
        == lead_id
    )


def test_the_metadata_goes_before_the_answers() -> None:
    asked = answers(lead_id="99", lead_token="other")
    both = update_of(wrapped("BOOKING_CREATED", a_booking(responses=asked))).booker
    hidden = update_of(wrapped("BOOKING_CREATED", a_booking(responses=asked, metadata={}))).booker

    assert (both.lead_id, both.token) == (77, "signed")
    assert (hidden.lead_id, hidden.token) == (99, "other")


def test_a_lead_id_at_the_root_is_not_calcoms() -> None:
    assert (
        update_of(
            wrapped("BOOKING_CREATED", a_booking(metadata={})) | {"lead_id": 5}
        ).booker.lead_id
        is None
    )


def test_an_address_made_of_a_phone_number_is_none() -> None:
    attendee = {"email": "528100000001@SMS.cal.com", "phoneNumber": "+528100000001"}
    hints = update_of(wrapped("BOOKING_CREATED", a_booking(attendees=[attendee]))).booker

    assert (hints.email, hints.phone_texts) == (None, ("+528100000001",))


def test_phone_numbers_in_their_sequence() -> None:
    asked = answers(
        attendeePhoneNumber="2",
        smsReminderNumber=4,
        whatsapp="81 0000 0006",
        notes="8100000007",
        age=30,
    )
    attendee = {"phoneNumber": "+52 1"}
    changes = {
        "attendees": [attendee],
        "responses": asked,
        "smsReminderNumber": "3",
        "location": "+528100000005",
    }
    hints = update_of(wrapped("BOOKING_CREATED", a_booking(**changes))).booker
    none = update_of(
        wrapped("BOOKING_CREATED", a_booking(attendees=[], responses=answers(lead_id="1234567890")))
    ).booker

    assert hints.phone_texts == ("+52 1", "2", "3", "4", "+528100000005", "81 0000 0006")
    assert none.phone_texts == ()


# ---- bodies that are not Cal.com's, or name no booking


@pytest.mark.parametrize(
    ("body", "what", "booked"),
    [
        (
            {"event": "BOOKING_CREATED", "payload": {"metadata": {"lead_id": 123}}},
            UpdateKind.CREATED,
            True,
        ),
        ({"event": "BOOKING_CREATED", "lead_id": 123}, UpdateKind.CREATED, True),
        ({"lead_id": "123"}, UpdateKind.CREATED, True),
        ({"event": "BOOKING_CANCELLED", "lead_id": 123}, UpdateKind.CANCELLED, False),
        ({"event": "BOOKING_RESCHEDULED", "lead_id": 123}, UpdateKind.CREATED, True),
        ({"event": "SOMETHING", "lead_id": 123}, UpdateKind.OTHER, False),
        (
            {"event": "BOOKING_CREATED", "lead_id": 5, "payload": {"metadata": {"lead_id": 123}}},
            UpdateKind.CREATED,
            True,
        ),
        ({"triggerEvent": None, "lead_id": 123}, UpdateKind.CREATED, True),
    ],
)
def test_callers_from_before_calcom(body: dict[str, Any], what: UpdateKind, booked: bool) -> None:
    booking = Booking(uid="legacy-123") if booked else None

    assert update_of(body) == BookingUpdate(
        what, "legacy-123", None, (AttendeeHints(lead_id=123),), booking, NOW, is_legacy=True
    )


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({"event": "BOOKING_CREATED"}, "lead_id"),
        ({"event": "BOOKING_CREATED", "lead_id": "abc"}, "lead_id"),
        ({"event": "BOOKING_CREATED", "payload": {"metadata": {"lead_id": 0}}}, "lead_id"),
        (wrapped("BOOKING_CREATED", {"startTime": "2026-03-04T17:00:00Z"}), "uid"),
        (wrapped("BOOKING_CREATED", a_booking(uid="x" * 500)), "uid"),
        ({"triggerEvent": "FORM_SUBMITTED", "Empresa": "x", "payload": {"formId": "1"}}, "uid"),
        ({"triggerEvent": "MEETING_ENDED"}, "uid"),
        ({}, "triggerEvent"),
        ({"triggerEvent": 5, "lead_id": 1}, "triggerEvent"),
        ({"payload": {"metadata": {"lead_id": 1}}}, "triggerEvent"),
        ([], "triggerEvent"),
        ("text", "triggerEvent"),
        (None, "triggerEvent"),
    ],
)
def test_what_cannot_be_read(body: Any, missing: str) -> None:
    assert read_webhook(body, NOW) == Unknown(missing)


def test_a_ping() -> None:
    assert (
        read_webhook(
            wrapped("PING", {"type": "Test", "attendees": [{"email": "j@example.com"}]}), NOW
        )
        == Ping()
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800\0"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = [
    *a_booking(),
    "bookingUid",
    "rescheduleUid",
    "fromReschedule",
    "smsReminderNumber",
    "videoCallData",
    "cancellationReason",
]
ROOTS = ["triggerEvent", "event", "createdAt", "payload", "lead_id", "metadata"]
PAYLOADS = st.dictionaries(st.sampled_from(NAMES), VALUES).map(
    lambda changes: a_booking() | changes
)
TRIGGERS = st.sampled_from(
    ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_NO_SHOW_UPDATED", "MEETING_ENDED"]
)


@given(
    VALUES
    | st.dictionaries(st.sampled_from(ROOTS), VALUES)
    | st.builds(wrapped, TRIGGERS, PAYLOADS)
    | st.builds(lambda trigger, row: {"triggerEvent": trigger, **row}, TRIGGERS, PAYLOADS)
)
def test_nothing_that_comes_is_too_much(body: Any) -> None:
    read = read_webhook(body, NOW)

    assert isinstance(read, BookingUpdate | Ping | Unknown)
    if isinstance(read, BookingUpdate):
        repr(read).encode()
        assert 0 < len(read.uid) <= 200
        assert read.at.tzinfo is UTC
    assert dedupe_key(body, b"raw", NOW)


# ---- once


def test_a_repeat_is_known_by_its_bytes() -> None:
    body = wrapped("BOOKING_CREATED")

    assert dedupe_key(body, b"1", NOW) == dedupe_key(body, b"1", SENT)
    assert dedupe_key(body, b"1", NOW) != dedupe_key(body, b"2", NOW)


def test_a_caller_from_before_calcom_may_say_the_same_again() -> None:
    body = {"event": "BOOKING_CREATED", "lead_id": 1}

    assert dedupe_key(body, b"1", NOW) != dedupe_key(body, b"1", SENT)


# ---- the list of bookings

LISTED = {
    "id": 5,
    "uid": "uid-1",
    "title": "Asesoría",
    "status": "accepted",
    "location": VIDEO,
    "start": "2026-03-04T17:00:00.000Z",
    "end": "2026-03-04T17:30:00.000Z",
    "updatedAt": "2026-03-02T09:30:00.250Z",
    "attendees": [
        {
            "name": "Ana Ruiz",
            "email": "ana@example.com",
            "timeZone": "America/Monterrey",
            "language": "es",
            "absent": False,
        }
    ],
    "bookingFieldsResponses": {"name": "Ana Ruiz", "attendeePhoneNumber": "+528100000001"},
    "metadata": LEAD,
}


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        wire.answers(200, {"ok": True})
        yield wire


@pytest_asyncio.fixture
async def client(wire: Wire) -> AsyncIterator[CalcomClient]:
    client = CalcomClient(base_url=wire.url, api_keys=["cal_key"], timeout=0.5)
    yield client
    await client.close()


def page_of(*items: Any) -> dict[str, Any]:
    return {"status": "success", "data": list(items), "pagination": {"hasNextPage": False}}


def test_each_listed_seat_has_the_link_that_it_was_booked_by() -> None:
    seats = [
        {"email": f"{name}@example.com", "seatUid": name, "metadata": {"lead_id": str(number)}}
        for name, number in (("ana", 7), ("beto", 8))
    ]
    answered = {
        "email": "caro@example.com",
        "seatUid": "caro",
        "bookingFieldsResponses": {"lead_id": "9", "lead_token": "t"},
    }
    update = read_listed(LISTED | {"metadata": {}, "attendees": [*seats, answered]}, NOW)

    assert isinstance(update, BookingUpdate)
    assert [attendee.lead_id for attendee in update.attendees] == [7, 8, 9]
    assert update.attendees[2].token == "t"


async def test_a_listed_booking_equals_its_webhook(client: CalcomClient, wire: Wire) -> None:
    wire.answers(200, page_of(LISTED))

    [listed] = await client.bookings_updated_since(NOW)

    webhook = update_of(wrapped("BOOKING_CREATED"))
    assert listed == replace(webhook, event_type=EventType(), listed=True)
    [request] = wire.requests
    assert (request.method, request.path) == ("GET", "/v2/bookings")
    assert request.headers["authorization"] == "Bearer cal_key"
    assert request.headers["cal-api-version"] == "2024-08-13"
    assert request.query == {
        "afterUpdatedAt": "2026-03-01T12:00:00.000Z",
        "sortUpdatedAt": "desc",
        "take": "100",
        "skip": "0",
    }


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({}, UpdateKind.CREATED),
        ({"rescheduledFromUid": "uid-0"}, UpdateKind.MOVED),
        ({"status": "pending"}, UpdateKind.REQUESTED),
        ({"status": "cancelled"}, UpdateKind.CANCELLED),
        ({"status": "rejected"}, UpdateKind.REJECTED),
        ({"status": "cancelled", "rescheduledToUid": "uid-2"}, UpdateKind.OTHER),
        ({"rescheduledToUid": "uid-2", "attendees": [{"seatUid": "s"}]}, None),
        ({"status": "something new"}, None),
        ({"status": ["accepted"]}, None),
        ({"uid": None}, None),
    ],
)
def test_what_a_listed_booking_means(changes: dict[str, Any], what: UpdateKind | None) -> None:
    read = read_listed(LISTED | changes, NOW)

    assert (read.what if read else None) == what
    if read and read.booking:
        assert read.previous_uid == changes.get("rescheduledFromUid")
        assert read.booking.confirmed == (what is not UpdateKind.REQUESTED)


@given(
    VALUES
    | st.dictionaries(st.sampled_from(list(LISTED)), VALUES).map(lambda changes: LISTED | changes)
)
def test_no_listed_booking_is_too_much(item: Any) -> None:
    read_listed(item, NOW)


async def test_pages_are_read_to_the_end_and_returned_oldest_first(
    client: CalcomClient, wire: Wire
) -> None:
    wire.then(200, page_of(*(LISTED | {"uid": f"uid-{number}"} for number in range(150, 50, -1))))
    wire.then(200, page_of(*(LISTED | {"uid": f"uid-{number}"} for number in range(50, 0, -1))))
    found = await client.bookings_updated_since(NOW)

    assert [update.uid for update in found] == [f"uid-{number}" for number in range(1, 151)]
    assert [request.query["skip"] for request in wire.requests] == ["0", "100"]


@pytest.mark.parametrize(
    ("status", "body", "headers", "wait"),
    [
        pytest.param(401, {"error": {"code": "UnauthorizedException"}}, {}, 0, id="our key"),
        pytest.param(403, {"error": "odd"}, {}, 0, id="our rights"),
        pytest.param(
            429, {"error": {"code": "ThrottlerException"}}, {"Retry-After": "30"}, 30, id="too many"
        ),
        pytest.param(429, b"slow down", {}, 1, id="too many, without a wait"),
        pytest.param(503, b"<html></html>", {}, 0, id="a server error"),
        pytest.param(200, b"<html></html>", {}, 0, id="a page"),
        pytest.param(200, {"status": "success"}, {}, 0, id="a success of another shape"),
        pytest.param(
            400, {"error": {"code": "BadRequestException"}}, {}, 0, id="a filter it does not take"
        ),
    ],
)
async def test_an_answer_that_is_no_list(
    client: CalcomClient, wire: Wire, status: int, body: Any, headers: dict[str, str], wait: float
) -> None:
    wire.answers(status, body, headers)

    with pytest.raises(Unavailable, match=str(status)) as caught:
        await client.bookings_updated_since(NOW)
    assert caught.value.retry_after == wait


@pytest.mark.parametrize("way", ["hangs", "breaks"])
async def test_an_answer_that_never_comes(client: CalcomClient, wire: Wire, way: str) -> None:
    getattr(wire, way)()

    with pytest.raises(Unavailable):
        await client.bookings_updated_since(NOW)


def test_a_listed_booking_that_was_refused_has_its_reason() -> None:
    cancelled = read_listed(LISTED | {"status": "cancelled", "cancellationReason": "x"}, NOW)
    rejected = read_listed(LISTED | {"status": "rejected", "rejectionReason": "y"}, NOW)

    assert cancelled is not None
    assert rejected is not None
    assert (cancelled.reason, rejected.reason) == ("x", "y")


def test_a_signature_that_is_no_text_is_none() -> None:
    assert not signed_by_calcom(b"{}", "\ud800", "secret")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx.Response(500), "calcom: 500"),
        (httpx.Response(500, json={"error": {"code": "INTERNAL"}}), "calcom: 500 INTERNAL"),
        (httpx.Response(200, json={"data": ["x"]}), "calcom: unreadable answer"),
        (httpx.Response(401, json={"error": {"code": "NO_KEY"}}), "calcom: 401 NO_KEY"),
        (httpx.Response(403), "calcom: 403"),
        (httpx.Response(404), "calcom: 404"),
    ],
)
def test_why_the_list_cannot_be_read(response: httpx.Response, reason: str) -> None:
    with pytest.raises(Unavailable) as failed:
        read_answer(response)

    assert str(failed.value) == reason
    assert failed.value.status == response.status_code
    assert isinstance(failed.value, CredentialsRejected) is (response.status_code in (401, 403))


@pytest.mark.parametrize(
    ("time", "read"),
    [
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("2100-12-31T23:00:00", datetime(2100, 12, 31, 23, tzinfo=UTC)),
        ("1999-12-31T23:59:59Z", None),
        ("2101-01-01T00:00:00Z", None),
    ],
)
def test_the_years_in_which_a_meeting_may_be(time: str, read: datetime | None) -> None:
    assert moment(time) == read


@pytest.mark.parametrize(
    ("location", "texts"),
    [
        ("123456789012345", ("123456789012345",)),
        ("1234567890123456", ()),
        ("(12) 34-56-7", ()),
        ("llámame: 8112345678", ()),
    ],
)
def test_a_place_that_resembles_a_phone(location: str, texts: tuple[str, ...]) -> None:
    update = read_webhook(
        {"triggerEvent": "BOOKING_CREATED", "payload": {"uid": "u", "location": location}}, NOW
    )

    assert isinstance(update, BookingUpdate)
    assert update.booker.phone_texts == texts
    assert update.booking is not None
    assert (update.booking.title, update.booking.time_zone, update.booking.meeting_url) == (
        "",
        None,
        None,
    )


def test_a_plain_link_is_a_place_to_meet() -> None:
    payload = {"uid": "u", "location": "http://meet.example.com/a"}
    update = read_webhook({"triggerEvent": "BOOKING_CREATED", "payload": payload}, NOW)

    assert isinstance(update, BookingUpdate)
    assert update.booking is not None
    assert update.booking.meeting_url == "http://meet.example.com/a"
