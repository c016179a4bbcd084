"""How an event is described to an operator."""

from enum import StrEnum
from typing import Any

import pytest

from contracts.events.call import Unanswered
from contracts.events.lead import Attention, Closing, Door
from contracts.events.submission import HoldReason as SubmissionHoldReason
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
    describe_event,
    without_earlier_delays,
)
from services.console.decisions.labels import CHANNELS, REASONS


def test_every_event_is_described_in_words() -> None:
    undescribed = (
        {event.topic_name() for event in (*ALL_EVENTS, *ALL_COMMANDS)}
        - descriptions.TOUCHES.keys()
        - descriptions.OTHERS.keys()
    )

    assert undescribed == set()


@pytest.mark.parametrize(
    "reasons",
    [SkipReason, HoldReason, SubmissionHoldReason, DeferReason, Unanswered, Closing, Attention],
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


@pytest.mark.parametrize(
    ("opener", "text"),
    [
        ("person", "Opened the link (it seems)"),
        ("program", "A program opened the link (a preview or an antivirus, it seems)"),
    ],
)
def test_a_line_claims_no_more_of_a_link_than_is_known(opener: str, text: str) -> None:
    event = {"topic": "link.opened", "channel": "sms", "target": "booking", "opener": opener}
    line = describe_event(event | {"step": "day_3"})

    assert (line.text, line.channel, line.step) == (text, "SMS", "day_3")
    assert (line.detail, line.quoted) == ("the booking page", False)
    assert describe_event(event | {"target": "moon"}).detail == ""


@pytest.mark.parametrize(
    ("door", "text", "detail"),
    [
        (Door.FORM, "New lead", ""),
        (Door.MESSAGE, "New lead, who wrote first", "¿Cuánto cuesta?"),
        (Door.FILE, "New lead, from a file", ""),
    ],
)
def test_a_new_lead_is_described_by_how_it_came(door: Door, text: str, detail: str) -> None:
    line = describe_event({"topic": "lead.created", "door": str(door), "first_message": detail})

    assert (line.text, line.detail, line.quoted) == (text, detail, True)


def test_a_held_submission_names_its_reason_and_a_replay_its_source() -> None:
    held = {"topic": "submission.held", "reason": "link_in_name", "source": "landing-verano"}
    replayed = {"topic": "delivery.replayed", "source": "meta", "delivery_id": 4, "by": "ana"}

    assert describe_event(held).detail == "a link or code in the name"
    assert (describe_event(replayed).detail, describe_event(replayed).by) == ("meta", "ana")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("added", "A source was added"),
        ("key_rotated", "A source has a further key"),
        ("key_revoked", "A key of a source was revoked"),
        ("something", "A source was changed"),
    ],
)
def test_what_was_done_to_a_source_and_by_whom(change: str, text: str) -> None:
    body = {"topic": "source.changed", "source": "landing", "change": change, "by": "ana"}
    line = describe_event(body)

    assert (line.text, line.detail, line.by) == (text, "landing", "ana")


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


def test_a_stop_shows_what_was_written() -> None:
    body = {"topic": "lead.opted_out", "reason": "reply", "text": "ya no me escriban"}
    description = describe_event(body)

    assert (description.detail, description.quoted) == ("ya no me escriban", True)


def test_an_automatic_answer_is_not_said_to_be_a_reply() -> None:
    body = {"topic": "reply.received", "intent": "automatic", "text": "Estaré fuera"}

    assert describe_event(body).text == "Automatic answer"


@pytest.mark.parametrize(
    ("changes", "detail", "values"),
    [
        ({"reason": "hung_up", "listened_seconds": 2}, "hung up after {} s", ("2",)),
        ({"reason": "hung_up", "listened_seconds": 0}, "hung up", ()),
        ({"reason": "hung_up"}, "hung up", ()),  # from older versions
        ({"reason": "busy", "listened_seconds": None}, "busy", ()),
    ],
)
def test_after_how_long_somebody_hung_up(
    changes: dict[str, Any], detail: str, values: tuple[str, ...]
) -> None:
    line = describe_event({"topic": "call.unanswered"} | changes)

    assert (line.detail, line.values) == (detail, values)


def test_what_the_provider_says_about_our_own_fault() -> None:
    held = {"topic": "touch.held", "channel": "email", "reason": "misconfigured"}

    assert describe_event(held | {"detail": "brevo: 400 x"}).detail == "brevo: 400 x"
    assert describe_event(held | {"detail": ""}).detail == REASONS["misconfigured"]


def test_a_product_of_a_company_is_named_once() -> None:
    body = {"topic": "provider.unavailable", "provider": "twilio_whatsapp"}
    line = describe_event(body | {"reason": "twilio: undelivered code 63041"})

    assert line.detail == "Twilio (WhatsApp): undelivered code 63041"
