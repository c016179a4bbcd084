"""The console's settings: prices, and which consoles need users and real secrets."""

from typing import Any

import pytest

from kit.production_safety import UnsafeConfiguration, refuse_unsafe
from services.console.settings import Settings

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"
OWN = {
    # pragma: allowlist nextline secret
    "database_url": "postgresql://console:a-secret-of-ones-own@postgres.local/console",
    # pragma: allowlist nextline secret
    "amqp_url": "amqp://console:a-secret-of-ones-own@rabbitmq.local/",
    "rabbitmq_url": "http://rabbitmq.local",
    "scheduler_url": "http://scheduler",
    "notify_url": "http://notify",
    "intake_url": "http://intake",
    "console_secret": "x" * 20,
    "console_api_token": "y" * 20,
    "scheduler_api_token": "z" * 20,
    "public_base_url": "https://leads.ejemplo.mx",
}


@pytest.mark.parametrize(
    ("written", "prices"),
    [
        ("call=0.10,sms=0.18", {"call": 0.10, "sms": 0.18}),
        ("call.MX=0.10,call=0.60", {"call": 0.10}),
        ("call.US=0.10, call=0.60", {"call": 0.60}),
        ("call.US=0.10,call.CO=0.30", {"call": 0.30}),
        ("", {}),
    ],
)
def test_a_channel_s_price_is_the_business_s_own_country_s(
    written: str, prices: dict[str, float]
) -> None:
    simulated = {"kommo_base_url": "http://simulator:8000", "default_region": "MX"}

    assert Settings.model_validate({**OWN, **simulated, "touch_prices": written}).prices == prices


@pytest.mark.parametrize(
    "change",
    [
        {"pauta_profile": "production"},
        {"simulator_replicas": 0},
        {"kommo_base_url": "https://empresa.kommo.com"},
    ],
)
def test_only_the_demonstration_s_console_is_open(change: dict[str, Any]) -> None:
    simulated = {"kommo_base_url": "http://simulator:8000"}
    Settings.model_validate({**OWN, **simulated})

    with pytest.raises(ValueError, match="CONSOLE_USERS is empty"):
        Settings.model_validate({**OWN, **simulated, **change})
    users = {"console_users": f"ana:viewer:{HASH}"}
    assert (
        Settings.model_validate({**OWN, **simulated, **change, **users}).users["ana"].acts is False
    )


def test_a_console_with_real_leads_takes_no_example_for_a_secret() -> None:
    production = {
        **OWN,
        "kommo_base_url": "https://empresa.kommo.com",
        "console_users": f"ana:viewer:{HASH}",
    }
    refuse_unsafe(Settings.model_validate(production))

    with pytest.raises(UnsafeConfiguration, match="CONSOLE_SECRET"):
        refuse_unsafe(
            Settings.model_validate({**production, "console_secret": "console-secret-demo"})
        )
    for token in ("console_api_token", "scheduler_api_token"):
        with pytest.raises(UnsafeConfiguration, match=token.upper()):
            refuse_unsafe(Settings.model_validate({**production, token: ""}))
