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
    Stage,
    apply_update,
    changes_to_publish,
    current_booking,
    match,
    phones_of,
    with_attendee,
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


def test_an_update_of_a_booking_names_its_attendee() -> None:
    hints = replace(
        ANONYMOUS_CARD, email=" Ana@Example.com", phone_texts=("x", "300 123 4567", "3001234567")
    )
    update = replace(CREATED, hints=hints)
    named = with_attendee(update, "CO").booking

    assert named is not None
    assert (named.email, named.phone) == ("ana@example.com", "+573001234567")
    assert phones_of(hints, "CO") == ("+573001234567",)
    nobody = with_attendee(CREATED, "MX").booking
    assert nobody is not None
    assert (nobody.email, nobody.phone) == (None, None)
    bare = an_update(UpdateKind.NO_SHOW)
    assert with_attendee(bare, "MX") is bare


def test_a_booking_keeps_what_a_later_update_does_not_know() -> None:
    cancelled = replace(an_update(UpdateKind.CANCELLED, minutes=1, title="Otra"), reason="enfermó")
    after_cancel = apply_update({}, CREATED)[0]
    [slot] = apply_update({"first": after_cancel}, cancelled)

    assert slot == Slot("first", Stage.GONE, NOW, CREATED.booking, reason="enfermó")
    [again] = apply_update({"first": slot}, an_update(UpdateKind.CREATED, minutes=2, title="Otra"))
    assert again.stage is Stage.GONE
    assert again.booking is not None
    assert again.booking.title == "Otra"
    assert (again.reason, again.reported_at) == ("enfermó", NOW)


def test_the_state_of_each_booking_only_moves_forward() -> None:
    ended = Slot("first", Stage.ENDED, NOW, CREATED.booking)
    [cancelled] = apply_update({"first": ended}, an_update(UpdateKind.CANCELLED))
    [absent] = apply_update({"first": ended}, an_update(UpdateKind.NO_SHOW))
    [met] = apply_update({"first": absent}, an_update(UpdateKind.ENDED))

    assert cancelled.stage is Stage.ENDED
    assert (absent.attended, met.attended) == (False, False)


def test_a_move_names_the_booking_before_it_once() -> None:
    second, first = apply_update({}, MOVED)

    assert (second.uid, second.stage) == ("second", Stage.ACCEPTED)
    assert first == Slot("first", Stage.MOVED, MOVED.at)
    itself = an_update(UpdateKind.MOVED, previous="first")
    assert [slot.uid for slot in apply_update({}, itself)] == ["first"]
    known = {"first": Slot("first", Stage.GONE, NOW, CREATED.booking)}
    assert apply_update(known, MOVED)[1].stage is Stage.GONE


def test_an_unconfirmed_booking_is_pending_whatever_the_calendar_calls_it() -> None:
    [slot] = apply_update({}, an_update(UpdateKind.CREATED, confirmed=False))
    [later] = apply_update({"first": slot}, CREATED)

    assert (slot.stage, later.stage) == (Stage.PENDING, Stage.ACCEPTED)
    [seen] = apply_update({}, an_update(UpdateKind.OTHER, confirmed=False))
    assert seen.stage is Stage.SEEN
    seen_later = an_update(UpdateKind.CREATED, minutes=5)
    [made] = apply_update({"first": seen}, seen_later)
    assert made.reported_at == NOW + timedelta(minutes=5), "made when it is first known"


def test_the_last_made_of_the_valid_bookings_is_current() -> None:
    older = Slot("b", Stage.PENDING, NOW, a_booking("b"))
    newer = Slot("a", Stage.ENDED, NOW + timedelta(minutes=1), a_booking("a"))
    same_time = Slot("c", Stage.ACCEPTED, NOW, a_booking("c"))
    gone = Slot("d", Stage.GONE, NOW + timedelta(minutes=9), a_booking("d"))
    unknown = Slot("e", Stage.ACCEPTED, NOW + timedelta(minutes=9))

    assert current_booking([older, newer, same_time, gone, unknown]) == newer
    assert current_booking([same_time, older]) == same_time
    assert current_booking([gone, unknown]) is None


def test_the_events_say_which_lead_when_and_why() -> None:
    slot = Slot("first", Stage.ACCEPTED, NOW, a_booking("first"))
    gone = replace(slot, stage=Stage.GONE, reason="enfermó")
    [cancelled] = changes_to_publish(7, slot, None, {"first": gone}, revision=4, now=NOW)

    assert isinstance(cancelled, BookingCancelled)
    assert (cancelled.lead_id, cancelled.revision) == (7, 5)
    assert (cancelled.uid, cancelled.reason) == ("first", "enfermó")
    assert changes_to_publish(7, None, None, {}, revision=4, now=NOW) == []
    ended = replace(slot, stage=Stage.ENDED, booking=a_booking("first", ends_at=None))
    booked, met = changes_to_publish(7, None, ended, {}, revision=4, now=NOW)
    assert isinstance(booked, LeadBooked)
    assert (booked.lead_id, booked.revision, booked.booking.confirmed) == (7, 5, True)
    assert isinstance(met, MeetingEnded)
    assert (met.lead_id, met.revision, met.uid) == (7, 6, "first")
    assert (met.ended_at, met.attended) == (NOW, True)
    known = replace(slot, stage=Stage.ENDED)
    [end] = changes_to_publish(7, slot, known, {}, revision=4, now=NOW)
    assert isinstance(end, MeetingEnded)
    assert end.ended_at == a_booking().ends_at


def test_a_move_names_the_booking_before_and_its_lead() -> None:
    before = Slot("first", Stage.ACCEPTED, NOW, a_booking("first"))
    after = Slot("second", Stage.ACCEPTED, NOW, a_booking("second"))
    slots = {"first": replace(before, stage=Stage.MOVED), "second": after}
    [moved] = changes_to_publish(7, before, after, slots, revision=1, now=NOW)

    assert isinstance(moved, BookingRescheduled)
    assert (moved.lead_id, moved.revision, moved.previous_uid) == (7, 2, "first")
    assert moved.booking.uid == "second"
    [other] = changes_to_publish(7, before, after, {}, revision=1, now=NOW)
    assert isinstance(other, LeadBooked), "not moved: another booking"


@pytest.mark.parametrize(
    ("changes", "topics"),
    [
        pytest.param({}, [], id="nothing new"),
        pytest.param({"title": "Otra"}, [], id="another title"),
        pytest.param({"ends_at": NOW}, ["booking.rescheduled"], id="another end"),
        pytest.param({"starts_at": NOW}, ["booking.rescheduled"], id="another beginning"),
    ],
)
def test_a_booking_is_published_again_when_its_time_changes(
    changes: dict[str, Any], topics: list[str]
) -> None:
    before = Slot("first", Stage.ACCEPTED, NOW, a_booking("first"))
    after = replace(before, booking=a_booking("first", **changes))
    events = changes_to_publish(7, before, after, {"first": after}, revision=1, now=NOW)

    assert [event.topic for event in events] == topics


def test_an_edited_link_counts_only_where_nothing_contradicts_it() -> None:
    def found(**hints: Any) -> object:
        return match(
            replace(ANONYMOUS_CARD, **hints),
            by_uid=None,
            leads=[ANA, BETO],
            secret="s",
            region="MX",
        )

    assert found(lead_id=7, email="unknown@example.com") is None
    assert found(lead_id=7, phone_texts=("5511112222",)) is None
    assert found(lead_id=7, email="beto@example.com") == (8, Matched.EMAIL)
    assert found(lead_id=7, token="x", phone_texts=("8112340000",)) == (8, Matched.PHONE)
    both = {"email": "unknown@example.com", "phone_texts": ("8112345678",)}
    assert found(lead_id=7, **both) == (7, Matched.METADATA)


def test_of_two_leads_with_one_phone_the_newest_booked() -> None:
    again = replace(ANA, lead_id=70, submission_id=70)
    nobody = Candidate(9, 90, None, None)

    assert match(
        replace(ANONYMOUS_CARD, phone_texts=("8112345678",)),
        by_uid=None,
        leads=[ANA, again, nobody],
        secret="s",
        region="MX",
    ) == (70, Matched.PHONE)
    anonymous = match(ANONYMOUS_CARD, by_uid=None, leads=[nobody], secret="s", region="MX")
    assert anonymous is None


def test_a_submission_that_joined_a_lead_finds_it() -> None:
    joined = Candidate(70, 7, "ana@example.com", None)
    token = sign("s", "booking", 70)

    for hints in (
        replace(ANONYMOUS_CARD, lead_id=70, token=token),
        replace(ANONYMOUS_CARD, lead_id=70),
    ):
        found = match(hints, by_uid=None, leads=[joined], secret="s", region="MX")
        assert found is not None
        assert found[0] == 7


def test_a_pending_booking_is_published_as_unconfirmed_whatever_its_details_say() -> None:
    pending = Slot("first", Stage.PENDING, NOW, a_booking("first"))
    accepted = replace(pending, stage=Stage.ACCEPTED, booking=a_booking("first", confirmed=False))
    confirmed = []
    for slot in (pending, accepted):
        [event] = changes_to_publish(7, None, slot, {}, revision=0, now=NOW)
        assert isinstance(event, LeadBooked)
        confirmed.append(event.booking.confirmed)

    assert confirmed == [False, True]


def test_a_booking_that_is_gone_keeps_its_last_reason() -> None:
    slot = Slot("first", Stage.ACCEPTED, NOW, a_booking("first"), reason="enfermó")
    [event] = changes_to_publish(7, slot, None, {}, revision=0, now=NOW)

    assert isinstance(event, BookingCancelled)
    assert event.reason == "enfermó"
