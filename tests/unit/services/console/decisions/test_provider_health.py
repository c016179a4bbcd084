"""The state of a provider, folded from its events."""

from contracts.events.outbound import ProviderRecovered, ProviderUnavailable
from contracts.events.touch import (
    Channel,
    TouchDelayed,
    TouchSent,
)
from services.console.decisions.provider_health import ProviderHealth, apply
from tests.unit.services.console.decisions.test_leads import at, touch


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
