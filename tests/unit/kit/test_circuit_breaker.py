"""A provider that fails is not called for a while, then probed with one request at a time."""

from kit.circuit_breaker import LONGEST_PAUSE, REJECTED_PAUSE, CircuitBreaker


def opened(at: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker("twilio", failure_threshold=3)
    for _ in range(3):
        breaker.record_failure("500", at)
    return breaker


def test_a_few_failures_open_nothing() -> None:
    breaker = CircuitBreaker("twilio", failure_threshold=3)

    assert not breaker.record_failure("500", 0)
    assert not breaker.record_failure("500", 0)
    assert breaker.acquire(0)


def test_an_answer_in_between_restarts_the_count() -> None:
    breaker = CircuitBreaker("twilio", failure_threshold=2)
    breaker.record_failure("500", 0)
    breaker.record_success()

    assert not breaker.record_failure("500", 0)


def test_failures_in_a_row_open_it_and_the_reason_is_known() -> None:
    breaker = opened()

    assert not breaker.acquire(1.9)
    assert breaker.reason == "500"


def test_it_reports_only_once_that_it_opened() -> None:
    breaker = CircuitBreaker("twilio", failure_threshold=1)

    assert [breaker.record_failure("500", 0), breaker.record_failure("500", 0)] == [True, False]


def test_after_the_pause_one_request_may_try_and_the_others_wait_longer() -> None:
    breaker = opened()

    assert breaker.acquire(2)
    assert not breaker.acquire(2)
    assert not breaker.acquire(5.9)
    assert breaker.acquire(6)


def test_pauses_grow_to_the_longest_and_not_beyond() -> None:
    breaker = opened()
    now = 0.0
    pauses = []
    for _ in range(8):
        last = now
        while not breaker.acquire(now):
            now += 1
        pauses.append(now - last)

    assert pauses == [2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]


def test_it_closes_with_the_first_answer_and_reports_it() -> None:
    breaker = opened()

    assert breaker.record_success()
    assert breaker.acquire(0)
    assert not breaker.record_success()


def test_it_waits_as_long_as_the_provider_asks() -> None:
    breaker = CircuitBreaker("brevo")

    assert breaker.record_failure("429", 0, wait=20)
    assert not breaker.acquire(19.9)
    assert breaker.acquire(20)


def test_a_rejected_credential_opens_it_at_once() -> None:
    breaker = CircuitBreaker("twilio")

    assert breaker.record_failure("401", 0, hopeless=True)
    assert not breaker.acquire(LONGEST_PAUSE - 0.1)


def test_the_wait_that_a_provider_asks_for_replaces_a_longer_pause() -> None:
    breaker = opened()
    now = 0.0
    for _ in range(6):
        while not breaker.acquire(now):
            now += 1
    breaker.record_failure("429", now, wait=3)

    assert not breaker.acquire(now + 2.9)
    assert breaker.acquire(now + 3)
    assert not breaker.acquire(now + 3 + 3.9), "the pauses grow again from the shortest"
    assert breaker.acquire(now + 3 + 4)


def rejected() -> CircuitBreaker:
    breaker = CircuitBreaker("twilio", failure_threshold=2)
    breaker.record_rejection("63041", 0)
    breaker.record_success()  # the next request is accepted too, and rejected like the first
    assert breaker.record_rejection("63041", 0)
    return breaker


def test_rejections_after_accepted_requests_open_it() -> None:
    breaker = rejected()

    assert breaker.open
    assert breaker.reason == "63041"
    assert not breaker.acquire(REJECTED_PAUSE - 0.1)
    assert breaker.acquire(REJECTED_PAUSE)
    assert not breaker.acquire(2 * REJECTED_PAUSE - 0.1), "the pause stays as long as it is"
    assert breaker.record_rejection("63041", 2 * REJECTED_PAUSE), "it is still so"


def test_only_a_receipt_closes_what_rejections_opened() -> None:
    breaker = rejected()

    assert not breaker.record_success()
    assert breaker.open
    assert breaker.record_receipt()
    assert not breaker.open
    assert not breaker.record_receipt(), "it was closed already"


def test_a_receipt_ends_the_row_of_rejections() -> None:
    breaker = CircuitBreaker("twilio", failure_threshold=2)
    breaker.record_rejection("63041", 0)
    breaker.record_receipt()

    assert not breaker.record_rejection("63041", 0)


def test_a_receipt_of_before_an_outage_does_not_end_the_outage() -> None:
    breaker = opened()

    assert not breaker.record_receipt()
    assert breaker.open
