"""Which lead a booking belongs to, and how updates in any order and number change it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.booking import (
    BookingCancelled,
    BookingEvent,
    BookingRescheduled,
    LeadBooked,
    MeetingEnded,
)
from domain.signed_links import sign
from providers.calcom.models import AttendeeHints, BookingUpdate, UpdateKind
from services.crm.decisions.bookings import (
    Candidate,
    Matched,
    Slot,
    apply_update,
    changes_to_publish,
    current_booking,
    match,
)
from tests.builders import a_booking

NOW = datetime(2026, 2, 10, 16, tzinfo=UTC)
ANONYMOUS_CARD = AttendeeHints(lead_id=None, token=None, email=None, phone_texts=())
ANA = Candidate(7, 7, "ana@example.com", "+528112345678")
BETO = Candidate(8, 8, "beto@example.com", "+528112340000")


def an_update(
    kind: UpdateKind,
    uid: str = "first",
    *,
    minutes: int = 0,
    previous: str | None = None,
    **changes: Any,
) -> BookingUpdate:
    booking = None if kind is UpdateKind.NO_SHOW else a_booking(uid, **changes)
    attended = False if kind is UpdateKind.NO_SHOW else None
    return BookingUpdate(
        kind, uid, previous, ANONYMOUS_CARD, booking, NOW + timedelta(minutes=minutes), "", attended
    )


def uid_of(event: BookingEvent) -> str:
    if isinstance(event, LeadBooked | BookingRescheduled):
        return event.booking.uid
    assert isinstance(event, BookingCancelled | MeetingEnded)
    return event.uid


class Calendar:
    """The bookings that crm stores for one lead, in memory."""

    def __init__(self) -> None:
        self.slots: dict[str, Slot] = {}
        self.published: Slot | None = None
        self.events: list[BookingEvent] = []

    def apply(self, *updates: BookingUpdate) -> "Calendar":
        for update in updates:
            self.slots |= {slot.uid: slot for slot in apply_update(self.slots, update)}
            after = current_booking(self.slots.values())
            self.events += changes_to_publish(
                7, self.published, after, self.slots, revision=len(self.events), now=NOW
            )
            self.published = after
        return self

    @property
    def topics(self) -> list[tuple[str, str]]:
        return [(event.topic, uid_of(event)) for event in self.events]


CREATED = an_update(UpdateKind.CREATED)
MOVED = an_update(UpdateKind.MOVED, "second", minutes=1, previous="first")
CANCELLED = an_update(UpdateKind.CANCELLED, "second", minutes=2)


@pytest.mark.parametrize(
    ("updates", "published"),
    [
        pytest.param([CREATED], [("lead.booked", "first")], id="booked"),
        pytest.param([CREATED, CREATED], [("lead.booked", "first")], id="booked, received twice"),
        pytest.param(
            [CREATED, MOVED],
            [("lead.booked", "first"), ("booking.rescheduled", "second")],
            id="moved",
        ),
        pytest.param([MOVED], [("lead.booked", "second")], id="the first was never received"),
        pytest.param([MOVED, CREATED], [("lead.booked", "second")], id="the first comes late"),
        pytest.param(
            [CREATED, MOVED, CANCELLED],
            [
                ("lead.booked", "first"),
                ("booking.rescheduled", "second"),
                ("booking.cancelled", "second"),
            ],
            id="moved, then cancelled",
        ),
        pytest.param([CANCELLED, MOVED, CREATED], [], id="cancelled before it was received"),
        pytest.param(
            [an_update(UpdateKind.REQUESTED, confirmed=False), an_update(UpdateKind.REJECTED)],
            [("lead.booked", "first"), ("booking.cancelled", "first")],
            id="requested, and rejected",
        ),
        pytest.param(
            [an_update(UpdateKind.REQUESTED, confirmed=False), CREATED],
            [("lead.booked", "first"), ("lead.booked", "first")],
            id="requested, then confirmed",
        ),
        pytest.param(
            [CREATED, an_update(UpdateKind.ENDED)],
            [("lead.booked", "first"), ("meeting.ended", "first")],
            id="met",
        ),
        pytest.param(
            [CREATED, an_update(UpdateKind.ENDED), an_update(UpdateKind.NO_SHOW)],
            [("lead.booked", "first"), ("meeting.ended", "first"), ("meeting.ended", "first")],
            id="did not come",
        ),
        pytest.param(
            [CREATED, an_update(UpdateKind.CANCELLED), an_update(UpdateKind.ENDED)],
            [("lead.booked", "first"), ("booking.cancelled", "first")],
            id="cancelled, and ended by the calendar's clock",
        ),
        pytest.param(
            [
                CREATED,
                an_update(UpdateKind.CREATED, "second", minutes=5),
                an_update(UpdateKind.CANCELLED, "second", minutes=6),
            ],
            [("lead.booked", "first"), ("lead.booked", "second"), ("lead.booked", "first")],
            id="two bookings, the later one cancelled",
        ),
        pytest.param(
            [CREATED, an_update(UpdateKind.CREATED, starts_at=NOW)],
            [("lead.booked", "first"), ("booking.rescheduled", "first")],
            id="the same booking at another time",
        ),
        pytest.param([an_update(UpdateKind.OTHER)], [], id="nothing that matters"),
    ],
)
def test_the_published_events(
    updates: list[BookingUpdate], published: list[tuple[str, str]]
) -> None:
    assert Calendar().apply(*updates).topics == published


def test_a_requested_booking_is_not_confirmed() -> None:
    requested, confirmed = (
        Calendar().apply(an_update(UpdateKind.REQUESTED, confirmed=False), CREATED).events
    )

    assert isinstance(requested, LeadBooked)
    assert isinstance(confirmed, LeadBooked)
    assert not requested.booking.confirmed
    assert confirmed.booking.confirmed


def test_an_attendee_who_did_not_come_is_published_as_absent() -> None:
    *_, last = (
        Calendar().apply(CREATED, an_update(UpdateKind.ENDED), an_update(UpdateKind.NO_SHOW)).events
    )

    assert isinstance(last, MeetingEnded)
    assert not last.attended


CHAIN = [CREATED, MOVED, an_update(UpdateKind.MOVED, "third", minutes=2, previous="second")]


@given(
    st.lists(st.sampled_from(CHAIN), min_size=12).filter(
        lambda updates: all(update in updates for update in CHAIN)
    )
)
def test_in_any_order_and_number_the_latest_booking_is_current(
    updates: list[BookingUpdate],
) -> None:
    calendar = Calendar().apply(*updates)

    assert calendar.published is not None
    assert calendar.published.uid == "third"
    assert calendar.topics[-1][1] == "third"


@given(st.permutations([*CHAIN, an_update(UpdateKind.CANCELLED, "third", minutes=3)] * 2))
def test_in_any_order_and_number_a_cancelled_chain_leaves_nothing(
    updates: list[BookingUpdate],
) -> None:
    calendar = Calendar().apply(*updates)

    assert calendar.published is None
    assert not calendar.events or isinstance(calendar.events[-1], BookingCancelled)


@given(st.permutations([*CHAIN, an_update(UpdateKind.CANCELLED, "third", minutes=3)] * 2))
def test_revisions_grow_one_by_one(updates: list[BookingUpdate]) -> None:
    revisions = [event.revision for event in Calendar().apply(*updates).events]

    assert revisions == list(range(1, len(revisions) + 1))


@pytest.mark.parametrize(
    ("hints", "by_uid", "found"),
    [
        pytest.param(
            {"lead_id": 7, "token": sign("s", "booking", 7)},
            None,
            (7, Matched.TOKEN),
            id="signed link",
        ),
        pytest.param(
            {"lead_id": 7, "token": sign("s", "booking", 7), "email": "other@example.com"},
            None,
            (7, Matched.TOKEN),
            id="signed link, another email",
        ),
        pytest.param(
            {"lead_id": 7}, None, (7, Matched.METADATA), id="a caller that knows only the id"
        ),
        pytest.param(
            {"lead_id": 7, "email": "Ana@Example.com "},
            None,
            (7, Matched.METADATA),
            id="id and email agree",
        ),
        pytest.param(
            {"lead_id": 7, "phone_texts": ("81 1234 5678",)},
            None,
            (7, Matched.METADATA),
            id="id and phone",
        ),
        pytest.param(
            {"lead_id": 7, "token": sign("s", "booking", 8), "email": "beto@example.com"},
            None,
            (8, Matched.EMAIL),
            id="an edited link: the email decides",
        ),
        pytest.param({"lead_id": 99}, None, None, id="an unknown id"),
        pytest.param({}, 8, (8, Matched.UID), id="by uid"),
        pytest.param(
            {"email": "ana@example.com"}, 8, (8, Matched.UID), id="the uid before the email"
        ),
        pytest.param({"email": "ana@example.com"}, None, (7, Matched.EMAIL), id="by email"),
        pytest.param(
            {"phone_texts": ("x", "521 81 1234 5678")},
            None,
            (7, Matched.PHONE),
            id="by an old-style phone",
        ),
        pytest.param({"email": "unknown@example.com"}, None, None, id="an unknown person"),
    ],
)
def test_whose_a_booking_is(hints: dict[str, Any], by_uid: int | None, found: object) -> None:
    assert (
        match(
            replace(ANONYMOUS_CARD, **hints),
            by_uid=by_uid,
            leads=[ANA, BETO],
            secret="s",
            region="MX",
        )
        == found
    )


def test_of_two_leads_with_one_email_the_newest_booked() -> None:
    again = replace(ANA, lead_id=70)

    assert match(
        replace(ANONYMOUS_CARD, email="ana@example.com"),
        by_uid=None,
        leads=[ANA, again],
        secret="s",
        region="MX",
    ) == (70, Matched.EMAIL)
