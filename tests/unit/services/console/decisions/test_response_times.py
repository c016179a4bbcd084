"""Who caused each wait of a lead."""

from dataclasses import replace

import pytest

from contracts.events.call import CallUnanswered
from contracts.events.lead import LeadRegistered
from contracts.events.touch import (
    Channel,
    HoldReason,
    Kind,
    TouchDeferred,
    TouchDue,
    TouchHeld,
    TouchSent,
)
from services.console.decisions.leads import Lead
from services.console.decisions.response_times import (
    Budget,
    Downtime,
    Gap,
    Objective,
    Owner,
    Stage,
    budget,
    cause,
    downtimes,
    timeline,
)
from tests.unit.services.console.decisions.test_leads import (
    ANSWERED,
    BOOKED,
    CREATED,
    DELIVERED,
    DIALLED,
    FELL_BACK,
    LEAD,
    REGISTERED,
    UNANSWERED,
    at,
    folded,
    touch,
)


def gaps(stage: Stage) -> list[tuple[Owner, float]]:
    return [(gap.whose, round(gap.seconds, 3)) for gap in stage.gaps]


def test_the_whole_chain_with_each_wait_and_whose_it_was() -> None:
    stages = timeline(
        folded(CREATED, REGISTERED, DIALLED, UNANSWERED, FELL_BACK, DELIVERED, BOOKED)
    )

    assert [(stage.name, gaps(stage)) for stage in stages] == [
        ("received", []),
        ("accepted", [(Owner.OURS, 0.01)]),
        ("registered", [(Owner.OURS, 0.99), (Owner.PROVIDER, 0.5)]),
        ("dialled", [(Owner.OURS, 0.04), (Owner.PROVIDER, 0.25)]),
        ("unanswered", [(Owner.PERSON, 19.7)]),
        ("fallback_sent", [(Owner.OURS, 0.1), (Owner.PROVIDER, 0.3)]),
        ("delivered", [(Owner.PROVIDER, 1.6)]),
        ("booked", [(Owner.PERSON, 78.0)]),
    ]


def test_an_answered_call_needs_no_fallback() -> None:
    names = [stage.name for stage in timeline(folded(CREATED, DIALLED, ANSWERED, FELL_BACK))]

    assert names == ["received", "accepted", "dialled", "answered"]


def test_the_night_is_the_window_s() -> None:
    deferred = touch(TouchDeferred, Channel.CALL, 0.02)
    due = touch(TouchDue, Channel.CALL, 40_000, kind=Kind.FIRST_CONTACT, template="welcome")
    dialled = touch(TouchSent, Channel.CALL, 40_002, asked_at=at(40_001.5))
    stage = timeline(folded(CREATED, deferred, due, dialled))[-1]

    assert gaps(stage) == [(Owner.WINDOW, 39_999.99), (Owner.OURS, 1.5), (Owner.PROVIDER, 0.5)]


def test_while_kommo_is_absent_the_wait_is_its_own() -> None:
    registered = LeadRegistered(lead_id=LEAD, kommo_lead_id=99, at=at(326), asked_at=at(325))
    changes = [
        (at(-50), True),
        (at(-40), False),
        (at(2), True),
        (at(3), True),
        (at(326), False),
        (at(400), True),
    ]
    stage = timeline(folded(CREATED, registered), downtimes(changes))[-1]

    assert gaps(stage) == [(Owner.OURS, 1.99), (Owner.PROVIDER, 324.0)]
    assert downtimes(changes) == [
        Downtime(at(-50), at(-40)),
        Downtime(at(2), at(326)),
        Downtime(at(400)),
    ]
    assert gaps(timeline(folded(CREATED, registered), [Downtime(at(5))])[-1])[0] == (
        Owner.OURS,
        4.99,
    )
    assert gaps(timeline(folded(CREATED, registered), [Downtime(at(500))])[-1])[0] == (
        Owner.OURS,
        324.99,
    )


def test_a_pause_is_nobody_s_slowness() -> None:
    held = touch(TouchHeld, Channel.CALL, 0.1, reason=HoldReason.PAUSED)
    lead = folded(CREATED, held, touch(TouchSent, Channel.CALL, 60, asked_at=at(59)))

    assert gaps(timeline(lead)[-1])[0] == (Owner.HELD, 58.99)
    assert cause(lead) == "paused"
    assert cause(folded(CREATED, DIALLED)) is Owner.OURS


def test_a_lead_of_whom_little_is_known_has_a_short_chain() -> None:
    assert timeline(folded(UNANSWERED)) == []
    assert isinstance(UNANSWERED, CallUnanswered)


def test_clocks_that_differ_make_no_negative_gap() -> None:
    early = touch(TouchSent, Channel.CALL, 0.001, asked_at=at(0.0005))

    for stage in timeline(folded(CREATED, early)):
        assert all(gap.seconds > 0 for gap in stage.gaps)
    assert Gap(Owner.OURS, 1.0).seconds == 1.0


@pytest.mark.parametrize(
    ("calls", "missed", "allowed", "kept", "left"),
    [
        (0, 0, 0, 1.0, 1.0),
        (100, 0, 5, 1.0, 1.0),
        (100, 5, 5, 0.95, 0.0),
        (100, 10, 5, 0.9, -1.0),
        (10, 1, 0, 0.9, -1.0),
    ],
)
def test_the_error_budget(calls: int, missed: int, allowed: int, kept: float, left: float) -> None:
    spent = budget(calls, missed, Objective(10, 0.95))

    assert spent == Budget(calls, missed, allowed)
    assert spent.kept == pytest.approx(kept)
    assert spent.left == pytest.approx(left)


def test_a_step_without_its_own_times_has_no_gap_of_ours() -> None:
    lead = Lead(
        LEAD,
        received_at=at(0),
        accepted_at=at(1),
        registered_at=at(3),
        call_asked_at=at(4),
        fallback_sent_at=at(9),
    )

    assert [(stage.name, stage.at, gaps(stage)) for stage in timeline(lead)] == [
        ("received", at(0), []),
        ("accepted", at(1), [(Owner.OURS, 1.0)]),
        ("registered", at(3), [(Owner.OURS, 2.0)]),
        ("dialled", at(4), [(Owner.OURS, 3.0)]),
        ("fallback_sent", at(9), []),
    ]
    assert timeline(Lead(LEAD, received_at=at(0))) == []
    assert timeline(Lead(LEAD, accepted_at=at(0))) == []


def test_a_booking_is_counted_from_the_last_that_we_did() -> None:
    lead = Lead(LEAD, received_at=at(0), accepted_at=at(1), booked_at=at(10))
    called = replace(lead, call_ended_at=at(4))
    written = replace(called, delivered_at=at(6))

    for known, seconds in ((lead, 9.0), (called, 6.0), (written, 4.0)):
        assert gaps(timeline(known)[-1]) == [(Owner.PERSON, seconds)]


def test_several_downtimes_of_kommo_add_up() -> None:
    registered = LeadRegistered(lead_id=LEAD, kommo_lead_id=99, at=at(101), asked_at=at(100))
    down = [Downtime(at(-5), at(2)), Downtime(at(10), at(20)), Downtime(at(90))]
    stage = timeline(folded(CREATED, registered), down)[-1]

    assert gaps(stage) == [(Owner.OURS, 78.0), (Owner.PROVIDER, 22.99)]


def test_each_stage_has_its_time() -> None:
    missed = folded(CREATED, REGISTERED, DIALLED, UNANSWERED, FELL_BACK, DELIVERED, BOOKED)
    answered = folded(CREATED, DIALLED, ANSWERED)

    seconds = [(stage.at - at(0)).total_seconds() for stage in timeline(missed)]
    assert seconds == [0, 0.01, 1.5, 0.3, 20, 20.4, 22, 100]
    assert [stage.at for stage in timeline(answered)][-1] == at(12)
