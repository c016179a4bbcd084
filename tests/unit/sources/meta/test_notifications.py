"""Meta's question whether an address is ours, and its notifications."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sources.meta import notifications
from sources.meta.notifications import LeadNotice, challenge
from sources.model import Forged, Unreadable
from tests.unit.sources.examples import example

QUESTION = {
    "hub.mode": "subscribe",
    "hub.challenge": "1158201444",
    "hub.verify_token": "example-verify-token",
}


def test_the_challenge_is_answered_with_itself() -> None:
    assert challenge(QUESTION, "example-verify-token") == "1158201444"


@pytest.mark.parametrize(
    ("query", "token"),
    [
        pytest.param(QUESTION, "another-token", id="another token"),
        pytest.param(QUESTION | {"hub.verify_token": ""}, "", id="no token configured"),
        pytest.param(QUESTION | {"hub.verify_token": "\u00e9"}, "example", id="not ASCII"),
        pytest.param(QUESTION | {"hub.mode": "unsubscribe"}, "example-verify-token", id="mode"),
        pytest.param({}, "example-verify-token", id="no question"),
    ],
)
def test_a_strangers_question_is_refused(query: dict[str, str], token: str) -> None:
    with pytest.raises(Forged):
        challenge(query, token)


def test_a_notification() -> None:
    assert notifications.read(example("meta-webhook.json")) == [
        LeadNotice(
            leadgen_id="444555666777888",
            page_id="153125381133",
            form_id="123400000000001",
            ad_id="238400000000012",
            created_at=datetime(2026, 7, 1, 18, 30, tzinfo=UTC),
        )
    ]


def test_a_batch_has_numbers_and_texts_other_changes_and_a_lead_twice() -> None:
    notices = notifications.read(example("meta-batch.json"))

    assert [(notice.leadgen_id, notice.page_id, notice.ad_id) for notice in notices] == [
        ("444555666777889", "153125381133", "238400000000012"),
        ("444555666777890", "153125381199", ""),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"entry": None},
        {"entry": [7, {"changes": "x"}, {"changes": [None, {"field": "leadgen"}]}]},
        {"entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": ""}}]}]},
    ],
)
def test_a_notification_without_leads(body: dict[str, Any]) -> None:
    assert notifications.read(json.dumps(body).encode()) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
def test_another_body_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        notifications.read(body)
