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
    BookingUpdated,
    LeadBooked,
    MeetingEnded,
)
from domain.signed_links import sign
from providers.calcom.models import AttendeeHints, BookingUpdate, EventType, UpdateKind
from services.crm.decisions.bookings import (
    Appointment,
    Candidate,
    Matched,
    Stage,
    apply_update,
    changes_to_publish,
    current_booking,
    erased_name,
    expired,
    has_type,
    leaves_doubt,
    legacy_uid,
    match,
    unmatched_to_publish,
)
from tests.builders import a_booking

NOW = datetime(2026, 2, 10, 16, tzinfo=UTC)
AFTER_THE_MEETING = 3 * 24 * 60
ANONYMOUS = AttendeeHints()
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
    attendee = replace(ANONYMOUS, absent=True if kind is UpdateKind.NO_SHOW else None)
    at = NOW + timedelta(minutes=minutes)
    return BookingUpdate(kind, uid, previous, (attendee,), booking, at)


def uid_of(event: BookingEvent) -> str:
    if isinstance(event, LeadBooked | BookingRescheduled | BookingUpdated):
        return event.booking.uid
    assert isinstance(event, BookingCancelled | MeetingEnded)
    return event.uid


class Calendar:
    """The appointments that crm stores, all of one lead, in memory."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Appointment] = {}
        self.published: Appointment | None = None
        self.events: list[BookingEvent] = []

    def apply(self, *updates: BookingUpdate) -> "Calendar":
        for update in updates:
            uids = (update.uid, update.previous_uid)
            known = [known for known in self.known.values() if known.uid in uids]
            self.known |= {after.name: after for after in apply_update(known, update, "MX")}
            after = current_booking(self.known.values(), self.published, now=NOW)
            self.events += changes_to_publish(
                7, self.published, after, self.known.values(), revision=len(self.events), now=NOW
            )
            self.published = after
        return self

    @property
    def topics(self) -> list[tuple[str, str]]:
        return [(event.topic, uid_of(event)) for event in self.events]


CREATED = an_update(UpdateKind.CREATED)
MOVED = an_update(UpdateKind.MOVED, "second", minutes=1, previous="first")
CANCELLED_FIRST = an_update(UpdateKind.CANCELLED, minutes=3)
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
            [("lead.booked", "first"), ("lead.booked", "first"), ("booking.updated", "first")],
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
    assert calendar.published.booking is not None
    assert [meeting.uid for meeting in calendar.published.booking.meetings] == ["third"]
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
    ("hints", "of_attendee", "found"),
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
def test_whose_a_booking_is(hints: dict[str, Any], of_attendee: int | None, found: object) -> None:
    assert (
        match(
            replace(ANONYMOUS, **hints),
            of_attendee=of_attendee,
            leads=[ANA, BETO],
            secret="s",
            region="MX",
        )
        == found
    )


def test_of_two_leads_with_one_email_the_newest_booked() -> None:
    again = replace(ANA, lead_id=70)

    assert match(
        replace(ANONYMOUS, email="ana@example.com"),
        of_attendee=None,
        leads=[ANA, again],
        secret="s",
        region="MX",
    ) == (70, Matched.EMAIL)


def test_of_two_leads_with_one_email_the_one_whose_phone_agrees_booked() -> None:
    hints = replace(ANONYMOUS, email="ana@example.com", phone_texts=("+528112345678",))
    daughter = Candidate(70, 70, "ana@example.com", "+528119999999")

    assert match(hints, of_attendee=None, leads=[ANA, daughter], secret="s", region="MX") == (
        7,
        Matched.EMAIL,
    )


# ---- groups: each attendee has an appointment

VERA = AttendeeHints(email="vera@example.com")
WALDO = AttendeeHints(email="Waldo@Example.com ", phone_texts=("81 1234 5678",))


def a_seat(
    kind: UpdateKind, attendee: AttendeeHints, uid: str = "slot1", *, minutes: int, **more: Any
) -> BookingUpdate:
    changes = {"booking": a_booking(uid), "seated": True, "previous_uid": None, **more}
    at = NOW + timedelta(minutes=minutes)
    return BookingUpdate(kind, uid, attendees=(attendee,), at=at, **changes)


def booked_after(*updates: BookingUpdate) -> set[tuple[str, str | None]]:
    """Returns the appointments that stand after the updates: booking and email."""
    appointments = Calendar().apply(*updates).known.values()
    return {(known.uid, known.email) for known in appointments if known.is_booked}


VERA_BOOKS = a_seat(UpdateKind.CREATED, VERA, minutes=0)
WALDO_BOOKS = a_seat(UpdateKind.CREATED, WALDO, minutes=5)
WALDO_MOVES = a_seat(UpdateKind.MOVED, WALDO, "slot2", minutes=9, previous_uid="slot1")
VERA_CANCELS = a_seat(UpdateKind.CANCELLED, VERA, minutes=12)
WALDO_RETURNS = a_seat(UpdateKind.MOVED, WALDO, "slot1", minutes=20, previous_uid="slot2")
VERA_AND_WALDO = {("slot1", "vera@example.com"), ("slot1", "waldo@example.com")}


def test_an_attendee_who_was_erased_is_nobody_new() -> None:
    vera, waldo = Calendar().apply(VERA_BOOKS, WALDO_BOOKS).known.values()
    erased = replace(
        waldo, email=None, phones=(), seat="s1", attendee=erased_name("waldo@example.com")
    )
    ended = a_seat(UpdateKind.ENDED, WALDO, minutes=30)
    [after] = [
        each for each in apply_update([vera, erased], ended, "MX") if each.email != vera.email
    ]

    assert after.name == erased.name


@pytest.mark.parametrize(
    ("updates", "left"),
    [
        pytest.param([VERA_BOOKS, WALDO_BOOKS], VERA_AND_WALDO, id="two seats"),
        pytest.param(
            [VERA_BOOKS, WALDO_BOOKS, WALDO_MOVES],
            {("slot1", "vera@example.com"), ("slot2", "waldo@example.com")},
            id="one seat moves",
        ),
        pytest.param(
            [VERA_BOOKS, WALDO_BOOKS, VERA_CANCELS],
            {("slot1", "waldo@example.com")},
            id="one seat cancelled",
        ),
        pytest.param(
            [VERA_BOOKS, WALDO_BOOKS, WALDO_MOVES, VERA_CANCELS, WALDO_RETURNS],
            {("slot1", "waldo@example.com")},
            id="and back to the first slot",
        ),
        pytest.param(
            [VERA_BOOKS, VERA_CANCELS, a_seat(UpdateKind.CREATED, VERA, minutes=13)],
            {("slot1", "vera@example.com")},
            id="cancelled, and booked again",
        ),
        pytest.param(
            [VERA_BOOKS, WALDO_BOOKS, a_seat(UpdateKind.CANCELLED, ANONYMOUS, minutes=12)],
            set(),
            id="the host cancels them all",
        ),
        pytest.param(
            [VERA_BOOKS, WALDO_BOOKS, a_seat(UpdateKind.CREATED, WALDO, minutes=30, listed=True)],
            {("slot1", "waldo@example.com")},
            id="one is not in the list any more",
        ),
    ],
)
def test_each_seat_is_an_appointment_of_its_own(
    updates: list[BookingUpdate], left: set[tuple[str, str | None]]
) -> None:
    assert booked_after(*updates) == left


@given(st.permutations([VERA_BOOKS, WALDO_BOOKS, WALDO_MOVES, VERA_CANCELS, WALDO_RETURNS] * 2))
def test_in_any_order_and_number_the_seats_that_remain_are_the_calendars(
    updates: list[BookingUpdate],
) -> None:
    assert booked_after(*updates) == {("slot1", "waldo@example.com")}


@given(
    st.sets(st.sampled_from(["vera books", "waldo books", "waldo moves", "vera cancels"])),
    st.randoms(),
)
def test_a_webhook_that_was_lost_costs_only_its_own_attendee(heard: set[str], random: Any) -> None:
    updates = {
        "vera books": VERA_BOOKS,
        "waldo books": WALDO_BOOKS,
        "waldo moves": WALDO_MOVES,
        "vera cancels": VERA_CANCELS,
    }
    expected = set()
    if "vera books" in heard and "vera cancels" not in heard:
        expected.add(("slot1", "vera@example.com"))
    if "waldo moves" in heard:
        expected.add(("slot2", "waldo@example.com"))
    elif "waldo books" in heard:
        expected.add(("slot1", "waldo@example.com"))

    assert booked_after(*random.sample([updates[name] for name in sorted(heard)], len(heard))) == (
        expected
    )


def test_guests_share_the_fate_of_a_booking_without_seats() -> None:
    guest = AttendeeHints(email="socia@example.com", guest=True)
    booked = replace(CREATED, attendees=(VERA, guest))
    cancelled = an_update(UpdateKind.CANCELLED, minutes=5)

    assert booked_after(booked) == {("first", "vera@example.com"), ("first", "socia@example.com")}
    assert booked_after(booked, replace(cancelled, attendees=(VERA,))) == set()


def test_a_booker_whose_address_changed_is_still_the_booker() -> None:
    booked = replace(CREATED, attendees=(VERA,))
    moved = replace(MOVED, attendees=(AttendeeHints(phone_texts=("+528112340000",)),))
    calendar = Calendar().apply(booked, moved)

    assert calendar.topics == [("lead.booked", "first"), ("booking.rescheduled", "second")]
    assert calendar.published is not None
    assert calendar.published.uid == "second"


# ---- one uid, several changes


def unmatched(*updates: BookingUpdate) -> list[tuple[str, bool, int]]:
    """Returns what is published of a booking that matches no lead."""
    known: dict[tuple[str, str], Appointment] = {}
    events = []
    for update in updates:
        for after in apply_update(list(known.values()), update, "MX"):
            events += unmatched_to_publish(known.get(after.name), after)
            known[after.name] = after
    return [
        (event.uid, event.cancelled, event.starts_at.day) for event in events if event.starts_at
    ]


@pytest.mark.parametrize(
    ("updates", "published"),
    [
        ([CREATED, CREATED], [("first", False, 12)]),
        ([CREATED, CANCELLED_FIRST, CREATED], [("first", False, 12), ("first", True, 12)]),
        ([CANCELLED_FIRST, CREATED], []),
        (
            [CREATED, MOVED, CANCELLED],
            [
                ("first", False, 12),
                ("second", False, 12),
                ("first", True, 12),
                ("second", True, 12),
            ],
        ),
        (
            [CREATED, an_update(UpdateKind.MOVED, minutes=5, starts_at=NOW)],
            [("first", False, 12), ("first", False, 10)],
        ),
    ],
)
def test_a_booking_of_nobody_is_published_as_often_as_it_changes(
    updates: list[BookingUpdate], published: list[tuple[str, bool, int]]
) -> None:
    assert unmatched(*updates) == published


def moved_to(day: int, *, minutes: int) -> BookingUpdate:
    starts_at = datetime(2026, 2, day, 17, tzinfo=UTC)
    ends_at = starts_at + timedelta(minutes=30)
    return an_update(UpdateKind.MOVED, minutes=minutes, starts_at=starts_at, ends_at=ends_at)


@given(st.permutations([CREATED, moved_to(13, minutes=60), moved_to(14, minutes=120)] * 2))
def test_of_several_moves_under_one_uid_the_last_counts(updates: list[BookingUpdate]) -> None:
    published = Calendar().apply(*updates).published

    assert published is not None
    assert published.booking is not None
    assert published.booking.starts_at == datetime(2026, 2, 14, 17, tzinfo=UTC)


def test_each_move_under_one_uid_has_touches_of_its_own() -> None:
    events = Calendar().apply(CREATED, moved_to(13, minutes=60), moved_to(14, minutes=120)).events
    bookings = [
        event.booking for event in events if isinstance(event, LeadBooked | BookingRescheduled)
    ]

    assert [booking.key for booking in bookings if booking] == ["first", "first~1", "first~2"]
    assert [booking.sequence for booking in bookings if booking] == [0, 1, 2]


def test_a_replacement_is_the_same_appointment_in_calendars() -> None:
    events = Calendar().apply(*CHAIN).events
    bookings = [event.booking for event in events if isinstance(event, BookingRescheduled)]

    assert [booking.ical_uid for booking in bookings] == ["first@pauta"] * 2
    assert [booking.sequence for booking in bookings] == [1, 2]


def test_the_end_of_a_meeting_that_was_moved_is_not_its_end() -> None:
    old_end = an_update(UpdateKind.ENDED)

    assert Calendar().apply(CREATED, moved_to(14, minutes=60), old_end).topics == [
        ("lead.booked", "first"),
        ("booking.rescheduled", "first"),
    ]


def test_who_missed_the_earlier_time_may_come_to_the_later_one() -> None:
    missed = an_update(UpdateKind.NO_SHOW, minutes=30)
    ends_at = datetime(2026, 2, 14, 17, 30, tzinfo=UTC)
    ends = an_update(UpdateKind.ENDED, minutes=2 * AFTER_THE_MEETING, ends_at=ends_at)
    *_, last = Calendar().apply(CREATED, missed, moved_to(14, minutes=60), ends).events

    assert isinstance(last, MeetingEnded)
    assert last.attended


@pytest.mark.parametrize(
    ("place", "published"),
    [
        ({"meeting_url": "https://video.example.com/other"}, ["lead.booked", "booking.updated"]),
        ({"meeting_url": None, "location": "Av. Vallarta 1"}, ["lead.booked", "booking.updated"]),
        ({"meeting_url": None}, ["lead.booked"]),
        ({"title": "Otra"}, ["lead.booked"]),
    ],
)
def test_another_place_at_the_same_time_is_published(
    place: dict[str, Any], published: list[str]
) -> None:
    moved = an_update(UpdateKind.MOVED, minutes=10, **place)
    calendar = Calendar().apply(CREATED, moved)

    assert [event.topic for event in calendar.events] == published
    current = calendar.published
    assert current is not None
    assert current.booking is not None
    assert current.booking.sequence == len(published) - 1
    assert current.booking.key == "first"
    assert (current.booking.meeting_url or current.booking.location) != ""


def test_an_appointment_has_one_name_in_calendars_for_all_its_life() -> None:
    named_later = an_update(UpdateKind.MOVED, minutes=10, ical_uid="c@example.com", starts_at=NOW)
    replaced = an_update(
        UpdateKind.MOVED, "second", minutes=20, previous="first", ical_uid="d@example.com"
    )
    events = Calendar().apply(CREATED, named_later, replaced).events
    bookings = [
        event.booking for event in events if isinstance(event, LeadBooked | BookingRescheduled)
    ]

    assert [booking.ical_uid for booking in bookings] == ["first@pauta"] * 3


def test_an_absent_host() -> None:
    absent = replace(an_update(UpdateKind.NO_SHOW), attendees=(ANONYMOUS,), host_absent=True)
    *_, last = Calendar().apply(CREATED, absent).events

    assert isinstance(last, MeetingEnded)
    assert last.host_absent
    assert last.attended


# ---- a recurring series, whose meetings move and are cancelled one by one


def a_meeting(number: int, kind: UpdateKind = UpdateKind.CREATED, **changes: Any) -> BookingUpdate:
    """Returns an update of a weekly series' meeting. `day` is where it was moved to."""
    day = changes.pop("day", 12 + 3 * number)
    starts_at = datetime(2026, 2, day, 17, tzinfo=UTC)
    changes = {"recurring": True, "ical_uid": f"{number}@example.com", **changes}
    update = an_update(
        kind,
        changes.pop("uid", f"r{number}"),
        minutes=changes.pop("minutes", 0),
        previous=changes.pop("previous", None),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        **changes,
    )
    return replace(update, at=update.at + timedelta(milliseconds=100 * number))


SERIES = [a_meeting(number) for number in range(3)]
MOVES = [
    pytest.param(a_meeting(1, UpdateKind.MOVED, minutes=60, day=16), id="under its own uid"),
    pytest.param(
        a_meeting(1, UpdateKind.MOVED, minutes=60, day=16, recurring=False),
        id="under its own uid, no longer as one of a series",
    ),
    pytest.param(
        a_meeting(1, UpdateKind.MOVED, minutes=60, day=16, uid="rx", previous="r1"),
        id="under another uid",
    ),
    pytest.param(
        a_meeting(
            1, UpdateKind.MOVED, minutes=60, day=16, uid="rx", previous="r1", recurring=False
        ),
        id="under another uid, no longer as one of a series",
    ),
]


def days_of(calendar: Calendar) -> list[int]:
    assert calendar.published is not None
    assert calendar.published.booking is not None
    return [meeting.starts_at.day for meeting in calendar.published.booking.series]


@pytest.mark.parametrize("move", MOVES)
def test_a_moved_meeting_of_a_series_is_published(move: BookingUpdate) -> None:
    calendar = Calendar().apply(*SERIES, move)

    assert days_of(calendar) == [12, 16, 18]
    last = calendar.events[-1]
    assert isinstance(last, BookingRescheduled)
    assert last.booking.key == "r0~1"
    moved = last.booking.meetings[1]
    assert (moved.ical_uid, moved.sequence) == ("1@example.com", 1)
    assert moved.key != "r1"


@pytest.mark.parametrize("move", MOVES)
@given(data=st.data())
def test_in_any_order_a_series_has_the_calendars_dates(move: BookingUpdate, data: Any) -> None:
    updates = data.draw(st.permutations([*SERIES, move, *data.draw(st.lists(st.just(move)))]))

    assert days_of(Calendar().apply(*updates)) == [12, 16, 18]


@given(
    moves=st.dictionaries(st.integers(0, 3), st.integers(20, 27), max_size=4),
    renamed=st.sets(st.integers(0, 3)),
    cancelled=st.sets(st.integers(0, 3)),
    data=st.data(),
)
def test_in_any_order_moves_and_cancellations_leave_the_calendars_dates(
    moves: dict[int, int], renamed: set[int], cancelled: set[int], data: Any
) -> None:
    updates = [a_meeting(number) for number in range(4)]
    uids = {number: f"r{number}" for number in range(4)}
    for number, day in moves.items():
        name = {"uid": f"x{number}", "previous": f"r{number}"} if number in renamed else {}
        uids[number] = name.get("uid", uids[number])
        updates.append(a_meeting(number, UpdateKind.MOVED, minutes=60, day=day, **name))
    updates += [
        a_meeting(number, UpdateKind.CANCELLED, minutes=120, uid=uids[number], day=1)
        for number in cancelled
    ]
    calendar = Calendar().apply(*data.draw(st.permutations(updates)))

    left = {number: moves.get(number, 12 + 3 * number) for number in set(range(4)) - cancelled}
    if not left:
        assert calendar.published is None
        return
    assert sorted(days_of(calendar)) == sorted(left.values())


def test_a_cancelled_meeting_leaves_the_series() -> None:
    calendar = Calendar().apply(*SERIES, a_meeting(1, UpdateKind.CANCELLED, minutes=60))

    assert days_of(calendar) == [12, 18]
    assert isinstance(calendar.events[-1], BookingUpdated)


def test_the_end_of_a_meeting_is_published_once_although_another_one_moves() -> None:
    ends = a_meeting(0, UpdateKind.ENDED, minutes=AFTER_THE_MEETING)
    move = a_meeting(1, UpdateKind.MOVED, minutes=AFTER_THE_MEETING + 60, day=16)
    topics = [event.topic for event in Calendar().apply(*SERIES, ends, move).events]

    assert topics.count("meeting.ended") == 1


# ---- several meetings of one person


def on(day: int, uid: str, *, minutes: int = 0, **more: Any) -> BookingUpdate:
    starts_at = datetime(2026, 2, day, 17, tzinfo=UTC)
    ends_at = starts_at + timedelta(minutes=30)
    kind = more.pop("kind", UpdateKind.CREATED)
    return an_update(kind, uid, minutes=minutes, starts_at=starts_at, ends_at=ends_at, **more)


A, B = on(14, "a"), on(12, "b", minutes=10)
B_CANCELLED = on(12, "b", minutes=20, kind=UpdateKind.CANCELLED)
A_CANCELLED = on(14, "a", minutes=20, kind=UpdateKind.CANCELLED)


def test_two_meetings_stand_together() -> None:
    calendar = Calendar().apply(A, B)

    assert days_of(calendar) == [12, 14]
    assert calendar.topics == [("lead.booked", "a"), ("lead.booked", "a")]


@pytest.mark.parametrize(("cancelled", "left"), [(A_CANCELLED, 12), (B_CANCELLED, 14)])
def test_of_two_meetings_the_other_one_stands(cancelled: BookingUpdate, left: int) -> None:
    calendar = Calendar().apply(A, B, cancelled)

    assert days_of(calendar) == [left]
    assert isinstance(calendar.events[-1], BookingUpdated)


def test_the_end_of_one_meeting_leaves_the_other() -> None:
    calendar = Calendar().apply(A, B, on(12, "b", minutes=AFTER_THE_MEETING, kind=UpdateKind.ENDED))

    assert days_of(calendar) == [12, 14]
    assert calendar.topics[-1] == ("meeting.ended", "b")


def test_a_series_and_a_meeting_apart_stand_together() -> None:
    calendar = Calendar().apply(*SERIES, on(20, "apart", minutes=60))

    assert days_of(calendar) == [12, 15, 18, 20]
    assert isinstance(calendar.events[-1], LeadBooked)


def test_a_meeting_after_one_that_was_held_is_a_booking_of_its_own() -> None:
    held = on(10, "held", kind=UpdateKind.ENDED)
    calendar = Calendar().apply(on(10, "held", minutes=-600), held, B)
    assert calendar.topics[-1] == ("lead.booked", "b")

    assert calendar.apply(B_CANCELLED).topics[-3:] == [
        ("booking.cancelled", "b"),
        ("booking.updated", "held"),
        ("meeting.ended", "held"),
    ]


def test_a_request_counts_once_it_is_accepted() -> None:
    request = on(12, "b", minutes=10, kind=UpdateKind.REQUESTED, confirmed=False)
    calendar = Calendar().apply(A, request)
    assert calendar.topics == [("lead.booked", "a")]

    assert days_of(calendar.apply(replace(B, at=B.at + timedelta(hours=1)))) == [12, 14]


def test_what_a_lost_webhook_may_have_replaced_is_left_out() -> None:
    moved_twice = on(18, "third", minutes=30, kind=UpdateKind.MOVED, previous="second")
    calendar = Calendar().apply(A, moved_twice)
    assert calendar.topics[-1] == ("lead.booked", "third")

    replaced = replace(
        an_update(UpdateKind.OTHER, "second", minutes=20, previous="a"), booking=None
    )
    assert calendar.apply(replaced).published == calendar.published


@given(data=st.data())
def test_in_any_order_two_meetings_and_what_becomes_of_them(data: Any) -> None:
    moved = on(16, "a2", minutes=30, kind=UpdateKind.MOVED, previous="a")
    stories = [[A, B], [A, B, B_CANCELLED], [A, B, A_CANCELLED], [A, B, moved]]
    wanted = [[12, 14], [14], [12], [12, 16]]
    number = data.draw(st.integers(0, 3))
    updates = data.draw(st.permutations(stories[number] * 2))
    published = Calendar().apply(*updates).published

    assert published is not None
    assert published.booking is not None
    starts = [meeting.starts_at for meeting in published.booking.meetings]
    assert [start.day for start in starts if start] == wanted[number]


@pytest.mark.parametrize(("minutes", "confirmed"), [(0, False), (0.05, False), (30, True)])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_request_repeated_later_was_accepted_by_the_api(
    minutes: float, confirmed: bool, reverse: bool
) -> None:
    requested = an_update(UpdateKind.REQUESTED, confirmed=False)
    repeated = replace(requested, at=NOW + timedelta(minutes=minutes))
    updates = [repeated, requested] if reverse else [requested, repeated]
    published = Calendar().apply(*updates).events[-1]

    assert isinstance(published, LeadBooked)
    assert published.booking.confirmed is confirmed


def test_a_request_that_is_listed_later_was_not_accepted() -> None:
    requested = an_update(UpdateKind.REQUESTED, confirmed=False)
    listed = replace(requested, at=NOW + timedelta(minutes=30), listed=True)
    published = Calendar().apply(requested, listed).published

    assert published is not None
    assert published.stage is Stage.PENDING


def test_what_leaves_a_doubt() -> None:
    requested = an_update(UpdateKind.REQUESTED, confirmed=False)
    known = list(Calendar().apply(requested).known.values())

    assert leaves_doubt(known, replace(requested, at=NOW + timedelta(minutes=30)))
    assert leaves_doubt(known, replace(requested, at=NOW + timedelta(seconds=20)))
    assert leaves_doubt(known, replace(requested, at=NOW - timedelta(seconds=20)))
    assert not leaves_doubt(known, requested)
    assert leaves_doubt([], an_update(UpdateKind.MOVED, starts_at=None))
    assert not leaves_doubt([], an_update(UpdateKind.MOVED))
    assert not leaves_doubt([], replace(CREATED, booking=a_booking(starts_at=None), is_legacy=True))


@pytest.mark.parametrize(
    ("waited", "before_start", "over"),
    [
        (timedelta(hours=47), timedelta(days=30), False),
        (timedelta(hours=48), timedelta(days=30), True),
        (timedelta(hours=1), timedelta(hours=1), True),
    ],
)
def test_a_request_that_the_host_never_answers_expires(
    waited: timedelta, before_start: timedelta, over: bool
) -> None:
    requested = an_update(
        UpdateKind.REQUESTED, confirmed=False, starts_at=NOW + before_start, ends_at=None
    )
    [appointment] = Calendar().apply(requested).known.values()

    assert expired(appointment, NOW + waited, timedelta(hours=48)) is over


# ---- callers from before Cal.com


def a_report(kind: UpdateKind, minutes: float) -> BookingUpdate:
    booking = a_booking("legacy-7", starts_at=None) if kind is UpdateKind.CREATED else None
    at = NOW + timedelta(minutes=minutes)
    hints = AttendeeHints(lead_id=7)
    return BookingUpdate(kind, "legacy-7", None, (hints,), booking, at, is_legacy=True)


def test_a_caller_from_before_calcom_books_cancels_and_books_again() -> None:
    calendar = Calendar()
    for number, kind in enumerate(
        [UpdateKind.CREATED, UpdateKind.CREATED, UpdateKind.CANCELLED, UpdateKind.CREATED]
    ):
        report = a_report(kind, number)
        uid = legacy_uid(calendar.known.values(), report)
        booking = report.booking and report.booking.model_copy(update={"uid": uid})
        calendar.apply(replace(report, uid=uid, booking=booking))

    assert calendar.topics == [
        ("lead.booked", "legacy-7"),
        ("booking.cancelled", "legacy-7"),
        ("lead.booked", "legacy-7-2"),
    ]


# ---- event types


@pytest.mark.parametrize(
    ("event_type", "wanted", "counts"),
    [
        (EventType("84120", "asesoria"), {"asesoria"}, True),
        (EventType("84120", "asesoria"), {"84120"}, True),
        (EventType("999", "soporte-15"), {"asesoria", "84120"}, False),
        (EventType("999", "soporte-15"), set(), True),
        (EventType(), {"asesoria"}, True),
    ],
)
def test_which_event_types_count(event_type: EventType, wanted: set[str], counts: bool) -> None:
    assert has_type(event_type, wanted) is counts
