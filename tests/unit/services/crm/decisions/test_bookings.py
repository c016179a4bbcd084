"""Whose a booking is, and what the calendar's news make of it: in any order, however often."""

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
from providers.calcom.webhooks import AttendeeHints, BookingUpdate, UpdateKind
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


def said(
    what: UpdateKind,
    uid: str = "first",
    *,
    minutes: int = 0,
    previous: str | None = None,
    **changes: Any,
) -> BookingUpdate:
    booking = None if what is UpdateKind.NO_SHOW else a_booking(uid, **changes)
    attended = False if what is UpdateKind.NO_SHOW else None
    return BookingUpdate(
        what, uid, previous, ANONYMOUS_CARD, booking, NOW + timedelta(minutes=minutes), "", attended
    )


def uid_of(event: BookingEvent) -> str:
    if isinstance(event, LeadBooked | BookingRescheduled):
        return event.booking.uid
    assert isinstance(event, BookingCancelled | MeetingEnded)
    return event.uid


class Calendar:
    """What crm keeps of one lead, without its tables."""

    def __init__(self) -> None:
        self.slots: dict[str, Slot] = {}
        self.told: Slot | None = None
        self.events: list[BookingEvent] = []

    def apply(self, *sayings: BookingUpdate) -> "Calendar":
        for update in sayings:
            self.slots |= {slot.uid: slot for slot in apply_update(self.slots, update)}
            after = current_booking(self.slots.values())
            self.events += changes_to_publish(
                7, self.told, after, self.slots, revision=len(self.events), now=NOW
            )
            self.told = after
        return self

    @property
    def story(self) -> list[tuple[str, str]]:
        return [(event.topic, uid_of(event)) for event in self.events]


CREATED = said(UpdateKind.CREATED)
MOVED = said(UpdateKind.MOVED, "second", minutes=1, previous="first")
CANCELLED = said(UpdateKind.CANCELLED, "second", minutes=2)


@pytest.mark.parametrize(
    ("sayings", "story"),
    [
        pytest.param([CREATED], [("lead.booked", "first")], id="booked"),
        pytest.param([CREATED, CREATED], [("lead.booked", "first")], id="booked, said twice"),
        pytest.param(
            [CREATED, MOVED],
            [("lead.booked", "first"), ("booking.rescheduled", "second")],
            id="moved",
        ),
        pytest.param([MOVED], [("lead.booked", "second")], id="the first was never heard of"),
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
        pytest.param([CANCELLED, MOVED, CREATED], [], id="cancelled before it was heard of"),
        pytest.param(
            [said(UpdateKind.REQUESTED, confirmed=False), said(UpdateKind.REJECTED)],
            [("lead.booked", "first"), ("booking.cancelled", "first")],
            id="asked for, and rejected",
        ),
        pytest.param(
            [said(UpdateKind.REQUESTED, confirmed=False), CREATED],
            [("lead.booked", "first"), ("lead.booked", "first")],
            id="asked for, then confirmed",
        ),
        pytest.param(
            [CREATED, said(UpdateKind.ENDED)],
            [("lead.booked", "first"), ("meeting.ended", "first")],
            id="met",
        ),
        pytest.param(
            [CREATED, said(UpdateKind.ENDED), said(UpdateKind.NO_SHOW)],
            [("lead.booked", "first"), ("meeting.ended", "first"), ("meeting.ended", "first")],
            id="did not come",
        ),
        pytest.param(
            [CREATED, said(UpdateKind.CANCELLED), said(UpdateKind.ENDED)],
            [("lead.booked", "first"), ("booking.cancelled", "first")],
            id="cancelled, and ended by the calendar's clock",
        ),
        pytest.param(
            [
                CREATED,
                said(UpdateKind.CREATED, "second", minutes=5),
                said(UpdateKind.CANCELLED, "second", minutes=6),
            ],
            [("lead.booked", "first"), ("lead.booked", "second"), ("lead.booked", "first")],
            id="two bookings, the later one cancelled",
        ),
        pytest.param(
            [CREATED, said(UpdateKind.CREATED, starts_at=NOW)],
            [("lead.booked", "first"), ("booking.rescheduled", "first")],
            id="the same booking at another time",
        ),
        pytest.param([said(UpdateKind.OTHER)], [], id="nothing that matters"),
    ],
)
def test_a_story(sayings: list[BookingUpdate], story: list[tuple[str, str]]) -> None:
    assert Calendar().apply(*sayings).story == story


def test_a_requested_booking_is_not_confirmed() -> None:
    asked, confirmed = Calendar().apply(said(UpdateKind.REQUESTED, confirmed=False), CREATED).events

    assert isinstance(asked, LeadBooked)
    assert isinstance(confirmed, LeadBooked)
    assert not asked.booking.confirmed
    assert confirmed.booking.confirmed


def test_an_attendee_who_did_not_come_is_published_as_absent() -> None:
    *_, last = Calendar().apply(CREATED, said(UpdateKind.ENDED), said(UpdateKind.NO_SHOW)).events

    assert isinstance(last, MeetingEnded)
    assert not last.attended


LIFE = [CREATED, MOVED, said(UpdateKind.MOVED, "third", minutes=2, previous="second")]


@given(
    st.lists(st.sampled_from(LIFE), min_size=12).filter(
        lambda order: all(update in order for update in LIFE)
    )
)
def test_in_any_order_and_number_the_latest_booking_is_current(order: list[BookingUpdate]) -> None:
    calendar = Calendar().apply(*order)

    assert calendar.told is not None
    assert calendar.told.uid == "third"
    assert calendar.story[-1][1] == "third"


@given(st.permutations([*LIFE, said(UpdateKind.CANCELLED, "third", minutes=3)] * 2))
def test_in_any_order_and_number_a_cancelled_chain_leaves_nothing(
    order: list[BookingUpdate],
) -> None:
    calendar = Calendar().apply(*order)

    assert calendar.told is None
    assert not calendar.events or isinstance(calendar.events[-1], BookingCancelled)


@given(st.permutations([*LIFE, said(UpdateKind.CANCELLED, "third", minutes=3)] * 2))
def test_revisions_grow_one_by_one(order: list[BookingUpdate]) -> None:
    assert [event.revision for event in Calendar().apply(*order).events] == list(
        range(1, len(Calendar().apply(*order).events) + 1)
    )


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
        pytest.param({"lead_id": 99}, None, None, id="an id of nobody"),
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
        pytest.param({"email": "who@example.com"}, None, None, id="nobody we know"),
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
