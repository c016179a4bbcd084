"""Values that production refuses: demo credentials, placeholders and short secrets."""

import os
import re
from collections.abc import Callable
from unittest.mock import patch

import pytest
import yaml

import services.console.settings
import services.crm.settings
import services.intake.settings
import services.notify.settings
import services.scheduler.settings
from kit.production_safety import UnsafeConfiguration, refuse_unsafe
from kit.settings import ProcessSettings
from pauta.running.compose_file import PROJECT, read_recipes
from pauta.running.env_file import fill
from pauta.setup import SetupSettings
from tests.builders import OWN_VALUE, PRODUCTION

SETTINGS: dict[str, Callable[[], ProcessSettings]] = {
    "intake": services.intake.settings.Settings,
    "crm": services.crm.settings.Settings,
    "notify": services.notify.settings.Settings,
    "scheduler": services.scheduler.settings.Settings,
    "console": services.console.settings.Settings,
}


def environment(name: str, **variables: str) -> dict[str, str]:
    return dict(read_recipes(variables)[name].environment)


def notify(**variables: str) -> services.notify.settings.Settings:
    with patch.dict(os.environ, environment("notify") | variables, clear=True):
        return services.notify.settings.Settings()


def test_the_demonstration_starts_with_its_values() -> None:
    refuse_unsafe(notify())


@pytest.mark.parametrize("name", SETTINGS)
def test_own_values_are_fit_for_production(name: str) -> None:
    with patch.dict(os.environ, environment(name, **PRODUCTION), clear=True):
        refuse_unsafe(SETTINGS[name]())


@pytest.mark.parametrize("name", SETTINGS)
def test_no_service_takes_the_demonstrations_values_in_production(name: str) -> None:
    users = {"CONSOLE_USERS": PRODUCTION["CONSOLE_USERS"]}
    with (
        patch.dict(os.environ, environment(name, PAUTA_PROFILE="production", **users), clear=True),
        pytest.raises(UnsafeConfiguration, match=r"DATABASE_PASSWORD.*AMQP_PASSWORD"),
    ):
        refuse_unsafe(SETTINGS[name]())


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("console", "CONSOLE_API_TOKEN"),
        ("console", "SCHEDULER_API_TOKEN"),
        ("scheduler", "SCHEDULER_API_TOKEN"),
    ],
)
def test_in_production_the_operators_api_has_a_token(name: str, variable: str) -> None:
    with (
        patch.dict(os.environ, environment(name, **PRODUCTION | {variable: ""}), clear=True),
        pytest.raises(UnsafeConfiguration, match=f"{variable} is empty"),
    ):
        refuse_unsafe(SETTINGS[name]())


@pytest.mark.parametrize(
    "variable",
    [
        "LINK_SECRET",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_BASE_URL",
        "BREVO_API_KEY",
        "BREVO_SENDER_EMAIL",
        "BREVO_WEBHOOK_TOKEN",
        "PUBLIC_BASE_URL",
    ],
)
def test_an_example_is_refused_in_production_and_named(variable: str) -> None:
    variables = {name: value for name, value in PRODUCTION.items() if name != variable}
    with (
        patch.dict(os.environ, environment("notify", **variables), clear=True),
        pytest.raises(UnsafeConfiguration, match=variable) as refused,
    ):
        refuse_unsafe(services.notify.settings.Settings())

    assert "demo" not in str(refused.value).replace("demonstration", "")


@pytest.mark.parametrize("password", ["notify-demo", "1", "short%2Fone"])
@pytest.mark.parametrize("address", ["DATABASE_URL=postgresql", "AMQP_URL=amqp"])
def test_a_password_of_the_demonstration_or_a_short_one_is_refused_inside_an_address(
    address: str, password: str
) -> None:
    name, _, scheme = address.partition("=")
    variables = environment("notify", **PRODUCTION) | {
        name: f"{scheme}://notify:{password}@server-of-a-long-name/notify"
    }
    with (
        patch.dict(os.environ, variables, clear=True),
        pytest.raises(UnsafeConfiguration, match=name),
    ):
        refuse_unsafe(services.notify.settings.Settings())


@pytest.mark.parametrize(
    "name", ["POSTGRES", "RABBITMQ", "INTAKE", "CRM", "NOTIFY", "SCHEDULER", "CONSOLE"]
)
@pytest.mark.parametrize("password", ["", "1"])
def test_each_password_is_measured_by_itself(name: str, password: str) -> None:
    variables = PRODUCTION | {"POSTGRES_PASSWORD": OWN_VALUE, "RABBITMQ_PASSWORD": OWN_VALUE}
    with (
        patch.dict(
            os.environ,
            environment("setup", **variables | {f"{name}_PASSWORD": password}),
            clear=True,
        ),
        pytest.raises(UnsafeConfiguration, match=f"{name}_PASSWORD"),
    ):
        refuse_unsafe(SetupSettings())


def test_a_weak_secret_is_refused_in_production() -> None:
    with (
        patch.dict(
            os.environ, environment("notify", **PRODUCTION | {"LINK_SECRET": "short"}), clear=True
        ),
        pytest.raises(UnsafeConfiguration, match="LINK_SECRET is shorter"),
    ):
        refuse_unsafe(services.notify.settings.Settings())


def test_a_real_provider_means_production_whatever_the_profile_is() -> None:
    with pytest.raises(UnsafeConfiguration, match="LINK_SECRET"):
        refuse_unsafe(notify(TWILIO_BASE_URL="https://api.twilio.com"))


def test_every_secret_of_the_demonstration_is_known_as_an_example() -> None:
    from kit.production_safety import EXAMPLE

    compose = (PROJECT / "docker-compose.yml").read_text()
    assert yaml.safe_load(compose)
    names = set(
        re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|TOKEN|API_KEY|ACCOUNT_SID))(?=:-)", compose)
    )
    values = {name: fill(f"${{{name}:-}}", dict(_defaults(compose))) for name in names}

    assert len(values) > 10
    assert [name for name, value in values.items() if value and not EXAMPLE.search(value)] == []


def _defaults(compose: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in re.findall(r"\$\{(\w+):-([^${}]+)\}", compose)]
