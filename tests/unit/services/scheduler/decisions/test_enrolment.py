"""What is folded into an enrolment, for any events in any order and number."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events.booking import LeadBooked, MeetingEnded
from contracts.events.lead import (
    Closing,
    LeadClosed,
    LeadOptedOut,
    LeadPaused,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import Channel, DeferReason, SkipReason, TouchSkipped, touch_id
from services.scheduler.decisions.enrolment import (
    FORGOTTEN,
    Change,
    Deferral,
    Enrolment,
    Fact,
    Withheld,
    apply_event,
    booking_ended_elsewhere,
    changes_enrolment,
    erased,
    happened_by,
    moved_to,
)
from tests.builders import a_booking, a_card
from tests.unit.services.scheduler.decisions.leads import (
    ENTERED,
    FOLLOW_UPS,
    JOURNEY,
    a_lead,
    after,
    booked,
    cancelled,
    days,
    deferral,
    local,
    paused,
    resumed,
    returned,
    steps,
)

# The first example loads time zones and holidays, which takes longer than the usual deadline.
UNTIMED = settings(deadline=None)


@pytest.mark.parametrize(
    ("events", "still"),
    [
        pytest.param([paused(1), resumed(2)], 1, id="a pause"),
        pytest.param([paused(1), resumed(2), paused(4), resumed(6)], 3, id="two pauses"),
        pytest.param([paused(1), paused(3), resumed(4)], 3, id="paused twice"),
        pytest.param([resumed(1), paused(2), resumed(3)], 1, id="resumed before any pause"),
        pytest.param(
            [booked(at=days(1)), paused(2), cancelled(2, at=days(3)), resumed(4)],
            3,
            id="overlapping",
        ),
        pytest.param(
            [paused(1), booked(at=days(2)), resumed(3), cancelled(2, at=days(5))],
            4,
            id="the other way",
        ),
        pytest.param(
            [booked(at=days(1)), paused(2), resumed(3), cancelled(2, at=days(4))],
            3,
            id="inside a booking",
        ),
        pytest.param(
            [paused(1), booked(at=days(2)), cancelled(2, at=days(3)), resumed(4)],
            3,
            id="around a booking",
        ),
        pytest.param(
            [paused(1), resumed(2), booked(at=days(3)), cancelled(2, at=days(5))],
            3,
            id="one by one",
        ),
        pytest.param(
            [paused(2), resumed(4), booked(at=days(1)), cancelled(2, at=days(3))],
            2,
            id="arriving late",
        ),
    ],
)
def test_the_time_that_the_clock_was_stopped_counts_once(
    events: Sequence[Change], still: float
) -> None:
    assert after(*events).held == timedelta(days=still)
    twice: list[Change] = []
    for event in events:
        twice += [event, event]
    assert after(*twice).held == timedelta(days=still)


COMMANDS = st.one_of(st.integers(0, 30).map(paused), st.integers(0, 30).map(resumed))


@UNTIMED
@given(st.lists(COMMANDS, max_size=12))
def test_in_any_sequence_the_last_command_decides_whether_the_follow_up_waits(
    events: Sequence[Change],
) -> None:
    last = max((event.at for event in events), default=None)
    latest = [event for event in events if event.at == last]
    if len({event.topic for event in latest}) > 1:
        return  # of two events of one instant, the one that arrives first wins

    assert after(*events).paused is (bool(latest) and isinstance(latest[0], LeadPaused))
    assert set(steps(after(*events))) == (set() if after(*events).paused else set(FOLLOW_UPS))


@UNTIMED
@given(st.lists(COMMANDS, max_size=12))
def test_outdated_commands_change_nothing(events: Sequence[Change]) -> None:
    fresh: list[Change] = []
    for event in events:
        if all(event.at > before.at for before in fresh):
            fresh.append(event)

    assert after(*events) == after(*fresh)


BOOKINGS = st.tuples(st.integers(1, 9), st.integers(0, 30)).map(
    lambda booking: (
        booked(booking[0], at=days(booking[1]))
        if booking[0] % 2
        else cancelled(booking[0], at=days(booking[1]))
    )
)


@UNTIMED
@given(st.lists(st.one_of(COMMANDS, BOOKINGS), max_size=15), st.data())
def test_a_repeat_changes_nothing_and_no_time_counts_twice(
    events: list[Change], data: st.DataObject
) -> None:
    repeated = list(events)
    for event in events:
        first = repeated.index(event)
        repeated.insert(data.draw(st.integers(first + 1, len(repeated))), event)
    instants = [event.at for event in events]

    assert after(*repeated) == after(*events)
    assert after(*events).held <= max(instants, default=ENTERED) - min(instants, default=ENTERED)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(
            LeadOptedOut(lead_id=123456, channel="whatsapp", reason="reply"), id="after a stop"
        ),
        pytest.param(LeadClosed(lead_id=123456, reason=Closing.WON), id="closed in Kommo"),
        pytest.param(
            LeadBooked(lead_id=123456, revision=1, booking=a_booking(), at=ENTERED),
            id="with a meeting ahead",
        ),
    ],
)
def test_a_return_that_does_not_restart_the_follow_up(before: Change) -> None:
    lead = apply_event(a_lead(), before, JOURNEY)

    assert apply_event(lead, returned(days(20)), JOURNEY) == lead


def test_a_journey_may_let_a_returning_lead_join_silently() -> None:
    silent = JOURNEY.model_copy(update={"on_return": "join"})

    assert apply_event(a_lead(), returned(days(20)), silent) == a_lead()


def reply(intent: Intent) -> ReplyReceived:
    return ReplyReceived(lead_id=123456, channel=Channel.WHATSAPP, text="", intent=intent)


def skipped(reason: SkipReason, **more: Any) -> TouchSkipped:
    return TouchSkipped(
        lead_id=123456,
        touch_id=touch_id(1, "day_3", Channel.WHATSAPP),
        step=more.pop("step", "day_3"),
        channel=Channel.WHATSAPP,
        reason=reason,
        **more,
    )


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param(reply(Intent.OTHER), True, id="a reply that a person must read"),
        pytest.param(reply(Intent.OPT_IN), False, id="a reply that is handled elsewhere"),
        pytest.param(skipped(SkipReason.BOOKED), True, id="a touch skipped for a booking"),
        pytest.param(skipped(SkipReason.TOO_LATE), False, id="a touch skipped for good"),
        pytest.param(paused(1), True, id="a pause"),
    ],
)
def test_events_that_change_an_enrolment(event: Change, expected: bool) -> None:
    assert changes_enrolment(event) is expected


def test_what_an_event_of_a_clock_that_is_ahead_plans_does_not_come_later() -> None:
    now = ENTERED + timedelta(days=1)
    ahead = booked(at=now + timedelta(minutes=10))

    assert happened_by(ahead, now).at == now
    assert steps(after(happened_by(ahead, now)))["confirmation"] == now
    past = booked(at=now - timedelta(minutes=10))
    assert happened_by(past, now) is past


# ---- touches that a booking or a pause withholds

MISSED = skipped(SkipReason.BOOKED, at=days(3))
WITHHELD = Withheld(step="day_3", channel=Channel.WHATSAPP, by=Fact.BOOKING)
AGAIN = Deferral(step="day_3", channel=Channel.WHATSAPP, booking="", at=days(4), by_clock=True)


def test_a_touch_that_a_booking_withheld_is_planned_when_the_booking_ends() -> None:
    lead = after(booked(at=days(1)), MISSED)

    assert lead.withheld == (WITHHELD,)
    released = after(cancelled(2, at=days(4)), lead=lead)
    assert (released.withheld, released.deferred) == ((), (AGAIN,))
    assert steps(released)["day_3"] == local(2026, 3, 9, 9), "by its clock on Sunday, so Monday"


def test_a_touch_is_withheld_once_and_others_beside_it() -> None:
    other = skipped(SkipReason.BOOKED, step="day_6", at=days(6))
    lead = after(booked(at=days(1)), MISSED, other, MISSED)

    assert sorted(withheld.step for withheld in lead.withheld) == ["day_3", "day_6"]


def test_a_skip_that_arrives_after_the_booking_has_ended_is_planned_from_the_end() -> None:
    ended = after(booked(at=days(1)), cancelled(2, at=days(4)))

    late = after(MISSED, lead=ended)
    assert late.withheld == ()
    assert late.deferred == (AGAIN.model_copy(update={"by_clock": False}),)
    same_instant = skipped(SkipReason.BOOKED, at=days(4))
    assert after(same_instant, lead=ended).withheld == (WITHHELD,)


def test_a_touch_that_a_pause_withheld_is_planned_when_the_pause_ends() -> None:
    put_off = deferral("day_3", Channel.WHATSAPP, days(3))
    put_off = put_off.model_copy(update={"reason": DeferReason.PAUSED})
    lead = after(paused(2), put_off)

    assert lead.withheld == (WITHHELD.model_copy(update={"by": Fact.PAUSE}),)
    assert after(paused(5), lead=lead).withheld == lead.withheld
    released = after(resumed(5), lead=lead)
    assert released.withheld == ()
    assert released.deferred == (AGAIN.model_copy(update={"at": days(5), "by_clock": False}),)
    late = after(put_off, lead=after(paused(2), resumed(5)))
    assert late.deferred == released.deferred


def test_what_came_late_is_withheld_while_the_lead_is_paused_or_booked_again() -> None:
    put_off = deferral("day_3", Channel.WHATSAPP, days(1))
    put_off = put_off.model_copy(update={"reason": DeferReason.PAUSED})
    paused_again = after(paused(2), put_off)
    booked_again = after(
        booked(at=days(1)), cancelled(2, at=days(4)), booked(3, "second", at=days(5)), MISSED
    )

    assert [withheld.by for withheld in paused_again.withheld] == [Fact.PAUSE]
    assert [withheld.by for withheld in booked_again.withheld] == [Fact.BOOKING]


def test_a_released_touch_is_of_the_run_that_it_was_withheld_in() -> None:
    missed = MISSED.model_copy(update={"run": 900, "at": days(23)})
    lead = after(returned(days(20)), booked(at=days(21)), missed, cancelled(2, at=days(24)))

    assert [released.run for released in lead.deferred] == [900]


def test_the_end_of_a_booking_releases_nothing_that_a_pause_withholds() -> None:
    put_off = deferral("day_3", Channel.WHATSAPP, days(3))
    put_off = put_off.model_copy(update={"reason": DeferReason.PAUSED})
    lead = after(paused(2), put_off, booked(at=days(4)), cancelled(2, at=days(5)))

    assert [withheld.by for withheld in lead.withheld] == [Fact.PAUSE]
    assert lead.deferred == ()


def test_a_booking_of_the_same_person_elsewhere_releases_its_touches_when_it_ends() -> None:
    lead = after(skipped(SkipReason.BOOKED_ELSEWHERE, at=days(3)))
    ended = booking_ended_elsewhere(lead, at=days(4))

    assert ended.cancelled_at == days(4)
    assert (ended.withheld, ended.deferred) == ((), (AGAIN,))
    early = booking_ended_elsewhere(a_lead(), at=days(4))
    late_skip = after(skipped(SkipReason.BOOKED_ELSEWHERE, at=days(3)), lead=early)
    assert [again.at for again in late_skip.deferred] == [days(4)]


def test_a_booking_that_ends_elsewhere_releases_nothing_while_the_lead_has_its_own() -> None:
    lead = after(booked(at=days(1)), MISSED)
    ended = booking_ended_elsewhere(lead, at=days(4))

    assert ended == lead.model_copy(update={"cancelled_at": days(4)})


def test_the_last_end_of_a_booking_counts() -> None:
    lead = after(booked(at=days(1)), cancelled(2, at=days(4)))

    assert lead.cancelled_at == days(4)
    assert booking_ended_elsewhere(lead, at=days(2)).cancelled_at == days(4)
    assert booking_ended_elsewhere(lead, at=days(6)).cancelled_at == days(6)
    assert after(cancelled(3, at=days(2)), lead=lead).cancelled_at == days(4)


def test_a_touch_deferred_again_and_again_is_planned_once_and_counted() -> None:
    call = deferral("welcome_call", Channel.CALL, days(0.5))
    text = deferral("day_3", Channel.WHATSAPP, days(3))
    lead = after(call, text, call.model_copy(update={"at": days(0.75)}))

    assert lead.deferred == (
        Deferral(step="day_3", channel=Channel.WHATSAPP, booking="", at=days(3)),
        Deferral(step="welcome_call", channel=Channel.CALL, booking="", at=days(0.75), times=2),
    )
    assert after(call, lead=lead).deferred[-1].times == 3


def test_a_deferred_touch_of_a_restarted_follow_up_keeps_its_run() -> None:
    again = deferral("day_3", Channel.WHATSAPP, days(23)).model_copy(update={"run": 900})
    lead = after(returned(days(20)), again)

    assert [found.run for found in lead.deferred] == [900]


# ---- a booking, an erasure, a further form


def test_a_new_booking_knows_nothing_of_the_meeting_before_it() -> None:
    missed = MeetingEnded(
        lead_id=123456, revision=2, uid="first", ended_at=local(2026, 3, 10, 11), attended=False
    )
    lead = after(booked(), missed)

    assert (lead.revision, lead.absent) == (2, True)
    assert lead.meeting_ended_at == local(2026, 3, 10, 11)
    again = after(booked(3, "second", at=days(9)), lead=lead)
    assert (again.booked_at, again.meeting_ended_at, again.absent) == (days(9), None, False)


def test_the_end_of_another_meeting_changes_only_the_revision() -> None:
    other = MeetingEnded(lead_id=123456, revision=2, uid="other", ended_at=days(8), attended=False)
    lead = after(booked())

    assert after(other, lead=lead) == lead.model_copy(update={"revision": 2})
    assert after(other) == a_lead().model_copy(update={"revision": 2})


def test_neither_a_cancelled_nor_an_erased_booking_leaves_its_time() -> None:
    assert after(booked(), cancelled(2)).booked_at is None
    assert erased(after(booked())).booked_at is None


def lived_through() -> Enrolment:
    """Returns a lead of whom every fact that a follow-up gathers is known."""
    put_off = deferral("day_3", Channel.WHATSAPP, days(5))
    put_off = put_off.model_copy(update={"reason": DeferReason.PAUSED})
    lead = after(
        deferral("welcome_call", Channel.CALL, days(0.5)),
        reply(Intent.OTHER),
        paused(1),
        resumed(2),
        paused(4),
        put_off,
    )
    return lead.model_copy(update={"follow_up_ended": FORGOTTEN})


def test_a_restart_forgets_all_that_the_follow_up_had_gathered() -> None:
    lead = lived_through()
    fresh = a_lead().model_copy(update={"run": 900, "entered_at": days(20)})

    assert lead.held
    assert lead.deferred
    assert lead.withheld
    assert lead.paused_until
    still_paused = {"paused": True, "commanded_at": days(4), "still_since": days(20)}
    assert after(returned(days(20)), lead=lead) == fresh.model_copy(update=still_paused)
    going_on = {"paused": False, "commanded_at": days(6)}
    assert after(resumed(6), returned(days(20)), lead=lead) == fresh.model_copy(update=going_on)


def further_form(*changed: str, phone: str | None, time_zone: str | None = None) -> LeadUpdated:
    card = a_card(phone=phone, time_zone=time_zone)
    return LeadUpdated(
        lead_id=123456, submission_id=900, person_id=123456, card=card, changed=changed
    )


def test_a_further_form_moves_the_lead_as_far_as_it_says() -> None:
    business = {"zone": "America/Mexico_City", "region": "MX"}
    lead = a_lead()
    silent = further_form(phone=None, time_zone="America/Bogota")
    zone = further_form("time_zone", phone=None, time_zone="America/Bogota")
    phone = further_form("phone", phone="+573001234567")

    assert moved_to(lead, silent, **business) == lead
    moved = moved_to(lead, zone, **business)
    assert moved.where.home == "America/Bogota"
    assert (moved.where.country, moved.where.phone_zones) == ("MX", lead.where.phone_zones)
    abroad = moved_to(lead, phone, **business)
    assert (abroad.where.country, abroad.where.home) == ("CO", "America/Bogota")
    assert abroad.where.phone_zones == ("America/Bogota",)
    nowhere = further_form("time_zone", phone=None)
    assert moved_to(lead, nowhere, zone="Europe/Madrid", region="ES").where.home == "Europe/Madrid"
    assert abroad.model_copy(update={"where": lead.where}) == lead


def test_a_new_lead_is_where_its_number_is_else_where_the_business_is() -> None:
    assert a_lead(phone="+573001234567").where.phone_zones == ("America/Bogota",)
    assert a_lead(phone=None).where.home == "America/Mexico_City"


def test_of_one_revision_the_first_event_counts() -> None:
    assert after(booked(), booked(1, "other")) == after(booked())


def test_a_form_within_a_day_does_not_restart_the_follow_up() -> None:
    assert after(returned(days(0.5)).model_copy(update={"returned": False})) == a_lead()


def test_the_first_reason_for_an_end_is_kept() -> None:
    opted_out = LeadOptedOut(lead_id=123456, channel="sms", reason="reply")
    superseded = LeadSuperseded(lead_id=123456, by_lead_id=9, person_id=5)
    won = LeadClosed(lead_id=123456, reason=Closing.WON)
    lost = LeadClosed(lead_id=123456, reason=Closing.LOST)

    assert after(opted_out, superseded).follow_up_ended == "opted_out"
    assert after(superseded, opted_out).follow_up_ended == "superseded"
    assert after(won, lost).stopped == "won"
