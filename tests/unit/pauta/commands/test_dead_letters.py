"""Selects the dead letters that match an operator's filters."""

from typing import Any

import pytest

from pauta.commands.dead_letters import chosen

FIRST = {
    "letter_id": "a",
    "service": "crm",
    "queue": "crm.notes",
    "topic": "touch.sent",
    "lead_id": 1,
    "error": "Bug",
}
SECOND = {
    **FIRST,
    "letter_id": "b",
    "service": "notify",
    "queue": "notify.call",
    "lead_id": 2,
    "error": "ValueError",
}
ROW = {
    **FIRST,
    "letter_id": "scheduler-timer-42",
    "service": "scheduler",
    "queue": "scheduler.timer",
    "topic": "work.failed",
    "lead_id": 3,
    "error": "KeyError: x",
}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [FIRST, SECOND, ROW]),
        ({"ids": ["b"]}, [SECOND]),
        ({"service": "crm"}, [FIRST]),
        ({"queue": "notify.call"}, [SECOND]),
        ({"topic": "lead.created"}, []),
        ({"lead": 2}, [SECOND]),
        ({"error": "value"}, [SECOND]),
        ({"service": "crm", "lead": 2}, []),
        ({"ids": ["scheduler-timer-42"]}, [ROW]),
        ({"topic": "work.failed"}, [ROW]),
        ({"queue": "scheduler.timer"}, [ROW]),
    ],
)
def test_a_letter_matches_every_filter(
    filters: dict[str, Any], found: list[dict[str, Any]]
) -> None:
    assert chosen([FIRST, SECOND, ROW], **filters) == found
