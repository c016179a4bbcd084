"""What comes of deliveries: notifications in Meta's words, waits, and summaries."""

from datetime import UTC, datetime, timedelta

import pytest

from services.intake.decisions.deliveries import (
    LONGEST_WAIT,
    digest_of,
    is_given_up,
    notification_of,
    seconds_until_retry,
    summary,
)
from sources.meta.notifications import LeadNotice, read

AT = datetime(2026, 3, 3, 10, tzinfo=UTC)
NOTICE = LeadNotice(
    leadgen_id="444", page_id="153", form_id="77", ad_id="9", created_at=AT.replace(microsecond=0)
)


@pytest.mark.parametrize(
    "notice",
    [
        NOTICE,
        LeadNotice(leadgen_id="1", page_id="2", form_id="3", ad_id="", created_at=None),
    ],
)
def test_a_notification_is_read_as_what_it_was_made_of(notice: LeadNotice) -> None:
    assert read(notification_of(notice)) == [notice]


def test_bodies_are_told_apart() -> None:
    assert digest_of(b"a") == digest_of(b"a")
    assert digest_of(b"a") != digest_of(b"a ")


def test_the_waits_grow() -> None:
    waits = [seconds_until_retry(attempts) for attempts in range(1, 12)]

    assert waits[0] == 5
    assert waits == sorted(waits)
    assert waits[-1] == seconds_until_retry(1000) == LONGEST_WAIT


@pytest.mark.parametrize(
    ("age", "gone", "given_up"),
    [
        (timedelta(minutes=59), True, False),
        (timedelta(minutes=61), True, True),
        (timedelta(days=29), False, False),
        (timedelta(days=31), False, True),
    ],
)
def test_a_lead_that_its_platform_does_not_show(age: timedelta, gone: bool, given_up: bool) -> None:
    assert is_given_up(AT, AT + age, gone=gone) is given_up


@pytest.mark.parametrize(
    ("outcomes", "text"),
    [
        ([], "nothing"),
        (["new"], "new"),
        (["new", "held", "new"], "new 2, held 1"),
    ],
)
def test_what_came_of_several(outcomes: list[str], text: str) -> None:
    assert summary(outcomes) == text
