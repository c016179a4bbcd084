"""The state of a provider, folded from its events."""

import pytest

from contracts.events.outbound import ProviderRecovered, ProviderUnavailable
from contracts.events.touch import (
    Channel,
    TouchDelayed,
    TouchSent,
)
from contracts.message import Message
from services.console.decisions.provider_health import ProviderHealth, about, apply
from tests.unit.services.console.decisions.test_leads import (
    BOOKED,
    CANCELLED,
    CREATED,
    REGISTERED,
    at,
    touch,
)


def test_a_provider_is_unavailable_from_its_last_state_change_on() -> None:
    unavailable = ProviderUnavailable(provider="kommo", reason="500", at=at(10))
    recovered = ProviderRecovered(provider="kommo", at=at(20))

    assert apply(ProviderHealth("kommo"), unavailable).unavailable == "500"
    assert apply(apply(ProviderHealth("kommo"), unavailable), recovered).unavailable is None
    assert apply(apply(ProviderHealth("kommo"), recovered), unavailable).unavailable is None


def test_a_first_failure_shows_until_the_next_touch_is_sent() -> None:
    sent: TouchSent = touch(TouchSent, Channel.EMAIL, 0)
    delayed: TouchDelayed = touch(
        TouchDelayed, Channel.EMAIL, 10, provider="brevo", reason="ConnectError"
    )
    next_sent: TouchSent = touch(TouchSent, Channel.EMAIL, 20)
    failing = apply(apply(ProviderHealth("brevo"), sent), delayed)

    assert (failing.unavailable, failing.unavailable_since) == ("ConnectError", at(10))
    assert apply(failing, sent).unavailable == "ConnectError"
    assert apply(failing, next_sent).unavailable is None


@pytest.mark.parametrize(
    ("event", "provider"),
    [
        (ProviderUnavailable(provider="kommo", reason="500"), "kommo"),
        (ProviderRecovered(provider="twilio"), "twilio"),
        (touch(TouchDelayed, Channel.EMAIL, 1, provider="crm", reason="x"), "crm"),
        (touch(TouchSent, Channel.EMAIL, 1), "brevo"),
        (touch(TouchSent, Channel.CALL, 1), "twilio_calls"),
        (REGISTERED, "kommo"),
        (BOOKED, "calcom"),
        (CANCELLED, "calcom"),
        (CREATED, None),
    ],
)
def test_the_provider_that_an_event_is_about(event: Message, provider: str | None) -> None:
    assert about(event) == provider


def test_the_last_sign_of_life_is_kept() -> None:
    sent = touch(TouchSent, Channel.EMAIL, 20)
    earlier = touch(TouchSent, Channel.EMAIL, 10)
    recovered = ProviderRecovered(provider="brevo", at=at(30))
    unavailable = ProviderUnavailable(provider="brevo", reason="500", at=at(40))
    healthy = ProviderHealth("brevo", succeeded_at=at(20))

    assert apply(ProviderHealth("brevo"), sent) == healthy
    assert apply(healthy, earlier) == healthy
    back = apply(healthy, recovered)
    assert back == ProviderHealth("brevo", None, at(30), at(30))
    down = apply(back, unavailable)
    assert down == ProviderHealth("brevo", "500", at(40), at(30))
    delayed = touch(TouchDelayed, Channel.EMAIL, 50, provider="brevo", reason="503")
    assert apply(down, delayed) == down, "the first reason stays"
    same_instant = touch(TouchSent, Channel.EMAIL, 40)
    assert apply(down, same_instant).unavailable == "500"
    again = ProviderUnavailable(provider="brevo", reason="502", at=at(40))
    assert apply(down, again).unavailable == "502"
