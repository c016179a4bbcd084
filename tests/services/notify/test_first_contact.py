"""The answer to a form: at once, but for what has to wait for the morning."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from contracts.touch import Channel, DeferReason, Kind
from journey.model import Journey
from journey.settings import JourneySettings, load_journey
from services.notify.decisions.first_contact import asked_for_link, first_touches
from services.notify.decisions.sending import Defer, Facts, Send, decide
from services.notify.touches import Touch
from tests.builders import a_card, a_lead_created

JOURNEY: Journey = load_journey(JourneySettings())[0]
MEXICO = ZoneInfo("America/Mexico_City")
CLAIMED = Facts(claimed=True)


def touches(at: datetime, **card: str) -> dict[str, Touch]:
    event = a_lead_created(**card)
    return {t.step: t for t in first_touches(event, JOURNEY, at, zone="America/Mexico_City", region="MX")}


@pytest.mark.parametrize(
    ("hour", "minute", "day", "call"),
    [
        pytest.param(10, 0, 2, Send("+528112345678"), id="in the morning"),
        pytest.param(3, 0, 2, Defer(DeferReason.HOURS), id="at 3 a.m."),
        pytest.param(19, 0, 2, Defer(DeferReason.HOURS), id="when its hours have just ended"),
        pytest.param(18, 59, 2, Send("+528112345678"), id="just before"),
        pytest.param(11, 0, 1, Defer(DeferReason.HOURS), id="on a Sunday"),
        pytest.param(11, 0, 16, Defer(DeferReason.HOURS), id="on a holiday"),
    ],
)
def test_the_call_keeps_its_hours_and_the_email_does_not_wait(hour: int, minute: int, day: int, call: object) -> None:
    now = datetime(2026, 3, day, hour, minute, tzinfo=MEXICO)
    made = touches(now)

    assert decide(made["welcome_call"], CLAIMED, now) == call
    assert decide(made["welcome_email"], CLAIMED, now) == Send("ana@example.com")


def test_the_hours_are_the_leads_own() -> None:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=MEXICO)  # half past seven in Tijuana

    assert decide(touches(now, time_zone="America/Tijuana")["welcome_call"], CLAIMED, now) == Defer(DeferReason.HOURS)
    assert decide(touches(now, phone="+526631234567")["welcome_call"], CLAIMED, now) == Defer(DeferReason.HOURS)


def test_an_unanswered_call_is_followed_by_its_message_within_the_same_hours() -> None:
    call = touches(datetime(2026, 3, 2, 18, 59, tzinfo=MEXICO))["welcome_call"]
    message = call.following(a_card())

    assert (call.channel, call.kind) == (Channel.CALL, Kind.FIRST_CONTACT)
    assert message is not None
    assert decide(message, CLAIMED, datetime(2026, 3, 2, 18, 59, 30, tzinfo=MEXICO)) == Send("+528112345678")
    assert decide(message, CLAIMED, datetime(2026, 3, 2, 19, 1, tzinfo=MEXICO)) == Defer(DeferReason.HOURS)


def test_the_link_somebody_asked_for_comes_at_any_hour() -> None:
    link = asked_for_link(7, a_card())

    assert (link.channel, link.fallback, link.until) == (Channel.WHATSAPP, (Channel.SMS,), None)
