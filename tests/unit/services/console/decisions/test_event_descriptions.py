"""How an event is described to an operator."""

from enum import StrEnum
from typing import Any

import pytest

from contracts.events.call import Unanswered
from contracts.events.lead import Attention, Closing
from contracts.events.touch import (
    Channel,
    DeferReason,
    HoldReason,
    SkipReason,
)
from contracts.registry import ALL_COMMANDS, ALL_EVENTS
from services.console.decisions import event_descriptions as descriptions
from services.console.decisions.event_descriptions import (
    ICONS,
    EventDescription,
    Tone,
    describe_event,
    without_earlier_delays,
)
from services.console.decisions.labels import CHANNELS, OWN_REASONS, REASONS


def test_every_event_is_described_in_words() -> None:
    undescribed = (
        {event.topic_name() for event in (*ALL_EVENTS, *ALL_COMMANDS)}
        - descriptions.TOUCHES.keys()
        - descriptions.OTHERS.keys()
    )

    assert undescribed == set()


@pytest.mark.parametrize(
    "reasons", [SkipReason, HoldReason, DeferReason, Unanswered, Closing, Attention]
)
def test_every_reason_is_described_in_words(reasons: type[StrEnum]) -> None:
    assert [str(reason) for reason in reasons if str(reason) not in REASONS] == []


def test_a_line_describes_what_on_which_channel_why_and_by_whom() -> None:
    line = describe_event(
        {"topic": "touch.skipped", "channel": "whatsapp", "step": "day_3", "reason": "booked"}
    )

    assert (line.channel, line.text, line.detail, line.step) == (
        "WhatsApp",
        "Not sent",
        "already has a meeting",
        "day_3",
    )
    assert describe_event({"topic": "lead.paused", "by": "ana"}).by == "ana"
    assert describe_event({"topic": "lead.superseded", "by_lead_id": 9}).detail == "#9"
    assert (
        describe_event({"topic": "touch.deferred", "reason": "paused"}).detail
        == "the follow-up is paused"
    )
    assert describe_event({"topic": "journey.published", "content": "steps: []"}).detail == ""
    assert describe_event({"topic": "lead.sang", "booking": None, "channel": 3}).text == "lead.sang"


def a_row(topic: str, touch_id: str = "a") -> dict[str, Any]:
    return {"body": {"topic": topic, "touch_id": touch_id}}


def test_of_the_delays_of_a_touch_only_the_last_is_shown() -> None:
    first = a_row("touch.delayed")
    second = a_row("touch.delayed")
    other = a_row("touch.delayed", "b")
    sent = a_row("touch.sent")
    later = a_row("touch.delayed")

    assert without_earlier_delays([first, other, second, sent, later]) == [
        other,
        second,
        sent,
        later,
    ]


def test_every_channel_has_a_label_and_an_icon() -> None:
    assert set(Channel) == set(ICONS)
    assert set(Channel) <= set(CHANNELS)


BOOKING = {"starts_at": "2026-03-02T10:00", "meeting_url": "https://video.example.com/a"}


def test_a_line_has_all_that_the_event_says() -> None:
    body = {
        "topic": "touch.sent",
        "channel": "email",
        "step": "day_6",
        "by": "ana",
        "touch_id": "t",
        "provider_ref": "p",
        "again_at": "later",
        "card": {"name": "Ana"},
        "booking": BOOKING,
    }

    assert describe_event(body) == EventDescription(
        icon="✉",
        text="Accepted by the provider",
        quoted=True,
        channel="Email",
        step="day_6",
        by="ana",
        name="Ana",
        touch_id="t",
        ref="p",
        again_at="later",
        meets_at="2026-03-02T10:00",
        meeting_url="https://video.example.com/a",
    )
    due = describe_event(body | {"topic": "touch.due"})
    assert (due.touch_id, due.tone) == ("", Tone.QUIET)
    booked = describe_event(body | {"topic": "lead.booked"})
    assert (booked.icon, booked.channel, booked.tone) == ("★", "", Tone.GOOD)


def test_a_line_of_an_event_that_says_little() -> None:
    assert describe_event({}) == EventDescription("•", "?", quoted=True)
    assert describe_event({"topic": "touch.due"}) == EventDescription(
        "•", "Due", Tone.QUIET, quoted=True
    )
    assert describe_event({"topic": "lead.sang"}) == EventDescription("•", "lead.sang", quoted=True)


@pytest.mark.parametrize(
    ("body", "detail", "quoted"),
    [
        pytest.param(
            {"topic": "touch.failed", "reason": "63024"}, "63024", True, id="a provider's code"
        ),
        pytest.param(
            {"topic": "provider.unavailable", "provider": "kommo", "reason": "kommo: odd"},
            "Kommo: odd",
            True,
            id="a provider and its reason",
        ),
        pytest.param(
            {"topic": "provider.recovered", "provider": "brevo"}, "Brevo", True, id="a provider"
        ),
        pytest.param(
            {"topic": "touch.delayed", "provider": "crm", "reason": "booked"},
            "crm: booked",
            True,
            id="a reason that is the provider's word",
        ),
        pytest.param(
            {"topic": "reply.received", "text": "hola", "about": "x"}, "hola", True, id="a text"
        ),
        pytest.param({"topic": "work.retry", "about": "timer 7"}, "timer 7", True, id="about"),
        pytest.param({"topic": "lead.superseded", "by_lead_id": 9}, "#9", True, id="a lead"),
        pytest.param({"topic": "reply.received", "text": 7}, "", True, id="no text"),
    ],
)
def test_the_detail_of_a_line(body: dict[str, Any], detail: str, quoted: bool) -> None:
    line = describe_event(body)

    assert (line.detail, line.quoted) == (detail, quoted)


def test_an_outage_is_a_sentence_with_its_values() -> None:
    line = describe_event(
        {"topic": "provider.unavailable", "provider": "kommo", "reason": "kommo: 503"}
    )

    assert (line.detail, line.values) == ("{} answered with an error ({})", ("Kommo", "503"))
    assert not line.quoted


@pytest.mark.parametrize(("topic", "reason"), sorted(OWN_REASONS))
def test_an_events_own_reason_comes_first(topic: str, reason: str) -> None:
    line = describe_event({"topic": topic, "reason": reason})

    assert (line.detail, line.quoted) == (OWN_REASONS[topic, reason], False)


def test_a_card_that_is_none_names_nobody() -> None:
    assert describe_event({"topic": "lead.created", "card": "Ana", "booking": ["b"]}).name == ""
