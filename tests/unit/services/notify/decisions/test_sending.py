"""Whether a due touch is sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.api.permits import ContactEligibility
from contracts.events.booking import Occurrence
from contracts.events.touch import Channel, DeferReason, HoldReason, Kind, SkipReason
from domain.phone import NumberStatus
from services.notify.decisions.sending import (
    Defer,
    Facts,
    Hold,
    Ignore,
    Send,
    Skip,
    decide,
)
from services.notify.touches import Touch
from tests.builders import a_booking, a_touch

NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)
LATER = NOW + timedelta(hours=9)
CLAIMED = Facts(claimed=True)
PHONE = "+528112345678"
CALL = a_touch(address=PHONE)
FOLLOW_UP = a_touch(Channel.WHATSAPP, kind=Kind.FOLLOW_UP, address=PHONE)
BOOKED_OWN = Facts(claimed=True, eligibility=ContactEligibility(booking="own"))
MEETING = a_booking("own", starts_at=NOW + timedelta(days=1), ends_at=NOW + timedelta(days=1))
REMINDER = replace(FOLLOW_UP, kind=Kind.MEETING, booking=MEETING)
ONE_OF_A_SERIES = a_booking("r1", series=(Occurrence(uid="r1", starts_at=LATER, ends_at=LATER),))
LINK = replace(FOLLOW_UP, kind=Kind.ASKED_FOR)


def eligible(**facts: Any) -> Facts:
    return replace(CLAIMED, eligibility=ContactEligibility(**facts))


@pytest.mark.parametrize(
    ("touch", "facts", "decision"),
    [
        pytest.param(CALL, CLAIMED, Send(PHONE), id="goes out"),
        pytest.param(
            CALL, replace(CLAIMED, opted_out=True), Skip(SkipReason.OPTED_OUT), id="opted out"
        ),
        pytest.param(
            FOLLOW_UP,
            replace(CLAIMED, refused=True),
            Skip(SkipReason.NO_INTEREST),
            id="not interested",
        ),
        pytest.param(
            REMINDER,
            replace(CLAIMED, refused=True, eligibility=ContactEligibility(booking="own")),
            Send(PHONE),
            id="not interested, but a meeting is booked",
        ),
        pytest.param(
            replace(CALL, address=None), CLAIMED, Skip(SkipReason.NO_ADDRESS), id="nowhere to go"
        ),
        pytest.param(
            CALL, replace(CLAIMED, dead=True), Skip(SkipReason.BAD_ADDRESS), id="reaches nobody"
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, doubtful=True),
            Skip(SkipReason.DOUBTFUL_ADDRESS),
            id="bounced several times",
        ),
        pytest.param(CALL, Facts(claimed=False), Ignore(), id="claimed by another, or settled"),
        pytest.param(FOLLOW_UP, eligible(booking="own"), Skip(SkipReason.BOOKED), id="booked"),
        pytest.param(
            CALL,
            eligible(booking="own"),
            Skip(SkipReason.BOOKED),
            id="booked before the call's fallback",
        ),
        pytest.param(
            FOLLOW_UP,
            eligible(booked_elsewhere=True),
            Skip(SkipReason.BOOKED_ELSEWHERE),
            id="booked as another lead",
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, number=NumberStatus.UNUSABLE),
            Skip(SkipReason.UNUSABLE_NUMBER),
            id="an unusable number",
        ),
        pytest.param(
            FOLLOW_UP, eligible(closed="won"), Skip(SkipReason.CLOSED), id="closed in Kommo"
        ),
        pytest.param(
            REMINDER, eligible(booking="own"), Send(PHONE), id="the meeting is still booked"
        ),
        pytest.param(
            REMINDER,
            eligible(booking="another"),
            Skip(SkipReason.NOT_BOOKED),
            id="the meeting moved",
        ),
        pytest.param(
            REMINDER, eligible(), Skip(SkipReason.NOT_BOOKED), id="the meeting was cancelled"
        ),
        pytest.param(
            REMINDER,
            eligible(booking="own", closed="lost"),
            Skip(SkipReason.CLOSED),
            id="closed, and booked",
        ),
        pytest.param(LINK, eligible(booking="own", closed="won"), Send(PHONE), id="asked for it"),
        pytest.param(
            LINK,
            replace(CLAIMED, opted_out=True),
            Skip(SkipReason.OPTED_OUT),
            id="asked for it, then opted out",
        ),
        pytest.param(
            replace(CALL, until=NOW), CLAIMED, Defer(DeferReason.HOURS), id="the hour is over"
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, again_at=LATER),
            Defer(DeferReason.DAILY_LIMIT, LATER),
            id="called today",
        ),
        pytest.param(
            CALL, replace(CLAIMED, opens_at=LATER), Defer(DeferReason.HOURS, LATER), id="not by law"
        ),
        pytest.param(
            CALL, replace(CLAIMED, opens_at=None), Skip(SkipReason.NO_HOURS), id="never by law"
        ),
        pytest.param(
            LINK,
            replace(CLAIMED, opens_at=LATER),
            Hold(HoldReason.HOURS, until=LATER),
            id="asked for long ago",
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, number=NumberStatus.UNKNOWN),
            Hold(HoldReason.NUMBER_UNKNOWN, scope="lead 123456"),
            id="an unknown range",
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, cap="prefix +57300"),
            Hold(HoldReason.CAPPED, "prefix +57300"),
            id="capped",
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, cap="prefix +57300", released=True),
            Send(PHONE),
            id="capped, and released",
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, number=NumberStatus.UNKNOWN, released=True),
            Send(PHONE),
            id="unknown, and released",
        ),
        pytest.param(
            REMINDER,
            replace(eligible(booking="own"), cap="x"),
            Send(PHONE),
            id="a meeting's is not capped",
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, stopped=True),
            Skip(SkipReason.OPTED_OUT),
            id="opted out elsewhere",
        ),
        pytest.param(
            REMINDER,
            replace(eligible(booking="own"), stopped=True),
            Send(PHONE),
            id="opted out, and has a meeting",
        ),
        pytest.param(
            FOLLOW_UP,
            replace(
                CLAIMED, one_channel_a_week=True, channels_this_week=frozenset({Channel.EMAIL})
            ),
            Skip(SkipReason.WEEKLY_LIMIT),
            id="a second channel in a week, in Colombia",
        ),
        pytest.param(
            FOLLOW_UP,
            replace(
                CLAIMED, one_channel_a_week=True, channels_this_week=frozenset({Channel.WHATSAPP})
            ),
            Send(PHONE),
            id="the same channel in a week, in Colombia",
        ),
        pytest.param(
            CALL,
            replace(
                CLAIMED, one_channel_a_week=True, channels_this_week=frozenset({Channel.EMAIL})
            ),
            Send(PHONE),
            id="an answer to the form is not counted",
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, abroad=True),
            Skip(SkipReason.ABROAD),
            id="a country that is not allowed",
        ),
        pytest.param(
            CALL, replace(CLAIMED, paused=True), Hold(HoldReason.PAUSED), id="everything is stopped"
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, spent=True),
            Hold(HoldReason.BUDGET_SPENT),
            id="the day's money is spent",
        ),
        pytest.param(
            REMINDER,
            replace(BOOKED_OWN, spent=True),
            Send(PHONE),
            id="a meeting does not wait for money",
        ),
        pytest.param(
            replace(CALL, until=NOW),
            replace(CLAIMED, paused=True),
            Defer(DeferReason.HOURS),
            id="stopped until its hour was over",
        ),
        pytest.param(
            FOLLOW_UP,
            replace(eligible(booking="own"), paused=True),
            Skip(SkipReason.BOOKED),
            id="booked while everything was stopped",
        ),
        pytest.param(
            FOLLOW_UP,
            replace(CLAIMED, lead_paused=True),
            Defer(DeferReason.PAUSED),
            id="its lead's follow-up waits",
        ),
        pytest.param(
            FOLLOW_UP,
            replace(CLAIMED, lead_paused=True, opted_out=True),
            Skip(SkipReason.OPTED_OUT),
            id="the opt-out has precedence",
        ),
        pytest.param(
            CALL,
            replace(CLAIMED, lead_paused=True),
            Send(PHONE),
            id="the first contact does not wait",
        ),
        pytest.param(
            replace(CALL, kind=Kind.ATTEMPT),
            replace(CLAIMED, reached=True),
            Skip(SkipReason.REACHED),
            id="who was reached meanwhile is not called again",
        ),
        pytest.param(
            replace(CALL, kind=Kind.ATTEMPT), CLAIMED, Send(PHONE), id="who was not is called again"
        ),
        pytest.param(
            replace(CALL, kind=Kind.ATTEMPT),
            replace(CLAIMED, lead_paused=True),
            Defer(DeferReason.PAUSED),
            id="a further call waits with the follow-up",
        ),
        pytest.param(
            CALL, replace(CLAIMED, reached=True), Send(PHONE), id="a new form's call is made"
        ),
        pytest.param(
            LINK,
            replace(CLAIMED, lead_paused=True),
            Send(PHONE),
            id="nor does the link that was asked for",
        ),
        pytest.param(
            REMINDER,
            replace(eligible(booking="own"), lead_paused=True),
            Send(PHONE),
            id="nor does the meeting",
        ),
        pytest.param(
            replace(CALL, until=NOW + timedelta(seconds=1)), CLAIMED, Send(PHONE), id="just in time"
        ),
        pytest.param(
            REMINDER,
            Facts(claimed=True, eligibility=ContactEligibility(booking="first", meetings=("own",))),
            Send("+528112345678"),
            id="a meeting of a series",
        ),
        pytest.param(
            REMINDER,
            eligible(booking="own", meeting=MEETING.model_copy(update={"moved": 1})),
            Skip(SkipReason.NOT_BOOKED),
            id="its meeting was moved under the same uid",
        ),
        pytest.param(
            replace(REMINDER, booking=MEETING.model_copy(update={"moved": 1})),
            eligible(booking="own", meeting=MEETING.model_copy(update={"moved": 1})),
            Send(PHONE),
            id="the meeting as it was moved",
        ),
        pytest.param(
            replace(REMINDER, booking=ONE_OF_A_SERIES),
            eligible(booking="r1", meeting=ONE_OF_A_SERIES.model_copy(update={"moved": 1})),
            Skip(SkipReason.NOT_BOOKED),
            id="one of the meetings that it lists was moved",
        ),
        pytest.param(
            replace(REMINDER, booking=ONE_OF_A_SERIES.meetings[0]),
            eligible(booking="r1", meeting=ONE_OF_A_SERIES.model_copy(update={"moved": 1})),
            Send(PHONE),
            id="another meeting of the series was moved",
        ),
        pytest.param(
            replace(REMINDER, booking=MEETING.model_copy(update={"starts_at": NOW})),
            BOOKED_OWN,
            Skip(SkipReason.TOO_LATE),
            id="the meeting has begun",
        ),
        pytest.param(
            replace(
                REMINDER,
                kind=Kind.AFTER_MEETING,
                booking=MEETING.model_copy(update={"starts_at": NOW}),
            ),
            BOOKED_OWN,
            Send("+528112345678"),
            id="the meeting was held",
        ),
        pytest.param(
            replace(REMINDER, kind=Kind.CANCELLATION),
            Facts(claimed=True),
            Send("+528112345678"),
            id="the meeting was cancelled",
        ),
        pytest.param(
            replace(REMINDER, kind=Kind.CANCELLATION),
            BOOKED_OWN,
            Skip(SkipReason.BOOKED),
            id="cancelled, and booked again",
        ),
        pytest.param(
            replace(REMINDER, kind=Kind.CANCELLATION, booking=ONE_OF_A_SERIES),
            Facts(claimed=True, eligibility=ContactEligibility(booking="r0", meetings=("r0",))),
            Send("+528112345678"),
            id="one date of a series was cancelled",
        ),
        pytest.param(
            replace(REMINDER, kind=Kind.CANCELLATION, booking=ONE_OF_A_SERIES),
            Facts(claimed=True, eligibility=ContactEligibility(booking="r0", meetings=("r1",))),
            Skip(SkipReason.BOOKED),
            id="one date of a series was cancelled, and booked again",
        ),
    ],
)
def test_a_touch(touch: Touch, facts: Facts, decision: object) -> None:
    assert decide(touch, facts, NOW) == decision


def test_a_second_follow_up_of_a_day_waits_half_a_day_where_the_law_counts_them() -> None:
    counted = replace(CLAIMED, one_channel_a_week=True, followed_up_today=True)

    assert decide(FOLLOW_UP, counted, NOW) == Defer(
        DeferReason.DAILY_LIMIT, NOW + timedelta(hours=12)
    )
    assert decide(CALL, counted, NOW) == Send(PHONE)
    elsewhere = replace(counted, one_channel_a_week=False)
    assert decide(FOLLOW_UP, elsewhere, NOW) == Send(PHONE)


@pytest.mark.parametrize("touch", [CALL, LINK])
def test_a_touch_goes_out_as_its_hours_open(touch: Touch) -> None:
    assert decide(touch, replace(CLAIMED, opens_at=NOW), NOW) == Send(PHONE)
