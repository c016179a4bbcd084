"""How a dead-lettered message is read, replayed and grouped."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from services.console.decisions.dead_letters import (
    FailedRow,
    Letter,
    grouped,
    headers_for_replay,
    letter_of,
    read_letter,
)

FAILED = {
    "x-error": "LookupError: no touch",
    "x-reason": "permanent",
    "x-where": "File consumers.py",
    "x-attempt": 3,
    "x-first-failure": "2026-03-02T10:00:00",
    "x-last-failure": "2026-03-02T10:05:00",
    "traceparent": "00-1",
}


def read(
    body: bytes = b"{}", message_id: str = "1", lead: str = "5", headers: Mapping[str, Any] = FAILED
) -> Letter:
    return read_letter(
        queue="notify.fallback", body=body, message_id=message_id, lead=lead, headers=headers
    )


def test_a_letter_describes_what_failed_why_where_and_when() -> None:
    letter = read(b'{"topic": "touch.failed", "lead_id": 5}')

    assert (letter.service, letter.queue, letter.topic) == (
        "notify",
        "notify.fallback",
        "touch.failed",
    )
    assert (letter.lead_id, letter.reason, letter.error) == (
        5,
        "permanent",
        "LookupError: no touch",
    )
    assert (letter.where, letter.attempts) == ("File consumers.py", 3)
    assert (letter.first_failure, letter.last_failure) == (
        "2026-03-02T10:00:00",
        "2026-03-02T10:05:00",
    )


def test_nobody_can_be_recognised_by_it() -> None:
    letter = read(
        b'{"card": {"name": "Ana Ruiz", "phone": "+528112345678", "email": "ana@example.com"}}'
    )

    assert letter.body == {
        "card": {"name": "Ana R.", "phone": "+52******5678", "email": "a***@example.com"}
    }
    assert "8112345678" not in str(read(b"no JSON, but +528112345678").body)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"[" * 100_000, b'"text"', b"3"])
def test_an_unreadable_message_is_shown_as_far_as_possible(body: bytes) -> None:
    assert read(body).topic == ""


@pytest.mark.parametrize("lead", ["", "ana", "²", "9" * 30])
def test_a_lead_that_is_none(lead: str) -> None:
    assert read(lead=lead).lead_id == 0


def test_a_message_that_the_broker_gave_up_is_shown_as_such() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    death = {"reason": "delivery_limit", "count": 1, "queue": "notify.call", "time": at}
    letter = read(headers={"x-death": [death]})

    assert (letter.reason, letter.attempts, letter.last_failure) == ("delivery_limit", 1, str(at))


def test_its_id_is_its_own_and_stays() -> None:
    assert read().letter_id == read().letter_id
    assert len({read().letter_id, read(message_id="2").letter_id, read(b"[]").letter_id}) == 3


def test_a_replay_resets_the_attempts_and_counts_itself() -> None:
    once = headers_for_replay(FAILED)

    assert once == {
        "x-attempt": 1,
        "x-replayed": 1,
        "x-first-failure": "2026-03-02T10:00:00",
        "traceparent": "00-1",
    }
    assert headers_for_replay(once)["x-replayed"] == 2


def test_a_row_that_was_set_aside_reads_as_a_letter() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    letter = letter_of(FailedRow("scheduler", "timer", 42, 7, "KeyError: ana@example.com", at))

    assert (letter.letter_id, letter.service, letter.queue) == (
        "scheduler-timer-42",
        "scheduler",
        "scheduler.timer",
    )
    assert (letter.topic, letter.lead_id, letter.reason) == ("work.failed", 7, "failed")
    assert letter.error == "KeyError: a***@example.com"
    assert letter.first_failure == letter.last_failure == "2026-03-02T00:00:00.000+00:00"


def test_letters_are_grouped_by_their_cause_the_most_first() -> None:
    first = read(message_id="1")
    second = read(message_id="2")
    other = read(headers={"x-error": "ValueError: x"})

    assert [
        (queue, cause, len(some)) for queue, cause, some in grouped([other, first, second])
    ] == [
        ("notify.fallback", "LookupError", 2),
        ("notify.fallback", "ValueError", 1),
    ]


def test_a_letter_without_headers_is_shown_with_what_is_known() -> None:
    letter = read(b'{"topic": "touch.failed"}', headers={})

    assert (letter.reason, letter.error) == ("?", "the broker gave up: ?")
    assert (letter.where, letter.attempts, letter.replayed) == ("", 1, 0)
    assert (letter.first_failure, letter.last_failure) == ("", "")


def test_our_own_headers_come_before_the_brokers() -> None:
    death = {"reason": "rejected", "count": 7, "time": "then"}
    letter = read(headers=FAILED | {"x-death": [death], "x-replayed": 2})
    given_up = read(headers={"x-death": [death, {"reason": "expired"}]})

    assert (letter.reason, letter.error) == ("permanent", "LookupError: no touch")
    assert (letter.attempts, letter.replayed) == (3, 2)
    assert (letter.first_failure, letter.last_failure) == (
        "2026-03-02T10:00:00",
        "2026-03-02T10:05:00",
    )
    assert (given_up.reason, given_up.error) == ("rejected", "the broker gave up: rejected")
    assert (given_up.attempts, given_up.first_failure, given_up.last_failure) == (7, "then", "then")


@pytest.mark.parametrize("death", [[], ["rejected"], "rejected", None])
def test_a_death_that_cannot_be_read_is_none(death: object) -> None:
    assert read(headers={"x-death": death}).reason == "?"


def test_a_body_that_is_no_object_is_shown_masked_and_not_too_long() -> None:
    assert read(b"no JSON, but +528112345678").body == "no JSON, but +52******5678"
    assert read(b'["ana@example.com"]').body == "['a***@example.com']"
    assert read(b"\xff").body == "\ufffd"
    assert read(b"a" * 4001).body == "a" * 4000
    assert len(read(b'"' + b"\xc3\xb1" * 4001 + b'"').body) == 4000


def test_a_letter_is_known_by_its_queue_its_message_and_its_body() -> None:
    identity = b"notify.fallback\0" + b"1\0" + b"{}"

    assert read().letter_id == hashlib.sha256(identity).hexdigest()[:12]
    assert read(lead="9" * 18).lead_id == int("9" * 18)
    assert read(lead="9" * 19).lead_id == 0


def test_a_row_reads_as_a_letter_of_one_attempt() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    letter = letter_of(FailedRow("scheduler", "timer", 42, 7, "KeyError", at))

    assert (letter.where, letter.attempts, letter.replayed) == ("", 1, 0)
    assert letter.body == {"service": "scheduler", "kind": "timer", "row_id": 42}


def test_letters_of_different_outages_are_not_grouped() -> None:
    down = read(headers={"x-error": "Unavailable: kommo: 503"})
    refused = read(headers={"x-error": "Unavailable: kommo: 401"})

    assert [len(letters) for _, _, letters in grouped([down, refused, down])] == [2, 1]


def test_the_brokers_headers_are_not_replayed() -> None:
    headers = {"x-death": [], "x-first-death-queue": "a", "x-last-death-reason": "b", "x-other": 1}

    assert headers_for_replay(headers) == {"x-other": 1, "x-attempt": 1, "x-replayed": 1}


def test_an_object_without_a_topic_and_a_queue_of_three_words() -> None:
    letter = read_letter(queue="notify.call.eu", body=b"{}", message_id="", lead="", headers={})

    assert (letter.topic, letter.service) == ("", "notify")


def test_the_cause_is_the_first_word_of_the_error() -> None:
    [(_, cause, _)] = grouped([read(headers={"x-error": "ValueError: card: no name"})])

    assert cause == "ValueError"
