"""Variables from files, and what is not fit for production."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
import yaml
from pydantic import ValidationError

import services.console.settings
import services.crm.settings
import services.intake.settings
import services.notify.settings
import services.scheduler.settings
from kit.examples import ExampleValues, refuse_examples
from kit.settings import BadFile, ProcessSettings
from pauta.running.recipe import PROJECT, fill, read_recipes
from tests.builders import FOR_LIFE

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


@pytest.mark.parametrize("name", ["TWILIO_AUTH_TOKEN", "BREVO_API_KEY", "SENDINBLUE_API_KEY", "LINK_SECRET"])
def test_a_variable_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    settings = notify(**{f"{name}_FILE": str(tmp_path / "secret")})

    found = (settings.twilio.auth_token, settings.brevo.api_key, settings.link_secret)
    assert "from the file" in [secret.get_secret_value() for secret in found]


def test_an_address_with_a_password_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://notify:hidden@postgres/notify")

    assert "hidden" in notify(DATABASE_URL_FILE=str(tmp_path / "url")).dsn


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_file_with_nothing_is_said_by_its_variable(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)

    with pytest.raises(BadFile, match="TWILIO_AUTH_TOKEN_FILE"):
        notify(TWILIO_AUTH_TOKEN_FILE=str(file))


def test_a_bad_value_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as refused:
        notify(DATABASE_URL="mysql://notify:hidden@postgres")

    assert "hidden" not in str(refused.value)


def test_the_demonstration_starts_with_its_values() -> None:
    refuse_examples(notify())


@pytest.mark.parametrize("name", SETTINGS)
def test_values_of_ones_own_are_fit_for_production(name: str) -> None:
    with patch.dict(os.environ, environment(name, **FOR_LIFE), clear=True):
        refuse_examples(SETTINGS[name]())


@pytest.mark.parametrize("name", SETTINGS)
def test_no_service_takes_the_demonstrations_values_in_production(name: str) -> None:
    users = {"CONSOLE_USERS": FOR_LIFE["CONSOLE_USERS"]}
    with (
        patch.dict(os.environ, environment(name, PAUTA_PROFILE="production", **users), clear=True),
        pytest.raises(ExampleValues, match=r"DATABASE_URL.*AMQP_URL"),
    ):
        refuse_examples(SETTINGS[name]())


@pytest.mark.parametrize(
    ("name", "variable"),
    [("console", "CONSOLE_API_TOKEN"), ("console", "SCHEDULER_API_TOKEN"), ("scheduler", "SCHEDULER_API_TOKEN")],
)
def test_in_production_the_operators_api_has_a_token(name: str, variable: str) -> None:
    with (
        patch.dict(os.environ, environment(name, **FOR_LIFE | {variable: ""}), clear=True),
        pytest.raises(ExampleValues, match=f"{variable} is empty"),
    ):
        refuse_examples(SETTINGS[name]())


@pytest.mark.parametrize(
    "variable",
    [
        *("LINK_SECRET", "TWILIO_AUTH_TOKEN", "TWILIO_ACCOUNT_SID", "TWILIO_BASE_URL", "BREVO_API_KEY"),
        *("BREVO_SENDER_EMAIL", "BREVO_WEBHOOK_TOKEN", "PUBLIC_BASE_URL"),
    ],
)
def test_an_example_is_refused_in_production_and_named(variable: str) -> None:
    variables = {name: value for name, value in FOR_LIFE.items() if name != variable}
    with (
        patch.dict(os.environ, environment("notify", **variables), clear=True),
        pytest.raises(ExampleValues, match=variable) as refused,
    ):
        refuse_examples(services.notify.settings.Settings())

    assert "demo" not in str(refused.value).replace("demonstration", "")


def test_a_password_of_the_demonstration_is_refused_inside_an_address() -> None:
    variables = {name: value for name, value in FOR_LIFE.items() if name != "NOTIFY_PASSWORD"}
    with (
        patch.dict(os.environ, environment("notify", **variables), clear=True),
        pytest.raises(ExampleValues, match=r"DATABASE_URL.*AMQP_URL"),
    ):
        refuse_examples(services.notify.settings.Settings())


def test_a_weak_secret_is_refused_in_production() -> None:
    with (
        patch.dict(os.environ, environment("notify", **FOR_LIFE | {"LINK_SECRET": "short"}), clear=True),
        pytest.raises(ExampleValues, match="LINK_SECRET is shorter"),
    ):
        refuse_examples(services.notify.settings.Settings())


def test_a_real_company_is_for_life_whatever_the_profile_says() -> None:
    with pytest.raises(ExampleValues, match="LINK_SECRET"):
        refuse_examples(notify(TWILIO_BASE_URL="https://api.twilio.com"))


def test_every_secret_of_the_demonstration_is_known_as_an_example() -> None:
    from kit.examples import EXAMPLE

    compose = (PROJECT / "docker-compose.yml").read_text()
    assert yaml.safe_load(compose)
    names = set(re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|TOKEN|API_KEY|ACCOUNT_SID))(?=:-)", compose))
    values = {name: fill(f"${{{name}:-}}", dict(_defaults(compose))) for name in names}

    assert len(values) > 10
    assert [name for name, value in values.items() if value and not EXAMPLE.search(value)] == []


def _defaults(compose: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in re.findall(r"\$\{(\w+):-([^${}]+)\}", compose)]
