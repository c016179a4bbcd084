"""Variables from files, and values that are not fit for production."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy
import yaml
import yarl
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import services.console.settings
import services.crm.settings
import services.intake.settings
import services.notify.settings
import services.scheduler.settings
from kit.production_safety import UnsafeConfiguration, refuse_unsafe
from kit.settings import ProcessSettings, SecretFileError
from pauta.running.compose_file import PROJECT, read_recipes
from pauta.running.env_file import fill
from pauta.setup import SetupSettings
from tests.builders import FOR_LIFE, OF_OUR_OWN

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


@pytest.mark.parametrize(
    "name", ["TWILIO_AUTH_TOKEN", "BREVO_API_KEY", "SENDINBLUE_API_KEY", "LINK_SECRET"]
)
def test_a_variable_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    settings = notify(**{f"{name}_FILE": str(tmp_path / "secret")})

    found = (settings.twilio.auth_token, settings.brevo.api_key, settings.link_secret)
    assert "from the file" in [secret.get_secret_value() for secret in found]


def test_an_address_with_a_password_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://notify:hidden@postgres/notify")

    assert "hidden" in notify(DATABASE_URL_FILE=str(tmp_path / "url")).dsn


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_an_empty_or_missing_file_is_named_by_its_variable(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)

    with pytest.raises(SecretFileError, match="TWILIO_AUTH_TOKEN_FILE"):
        notify(TWILIO_AUTH_TOKEN_FILE=str(file))


def test_a_bad_value_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as refused:
        notify(DATABASE_URL="mysql://notify:hidden@postgres")

    assert "hidden" not in str(refused.value)


def test_the_demonstration_starts_with_its_values() -> None:
    refuse_unsafe(notify())


@pytest.mark.parametrize("name", SETTINGS)
def test_own_values_are_fit_for_production(name: str) -> None:
    with patch.dict(os.environ, environment(name, **FOR_LIFE), clear=True):
        refuse_unsafe(SETTINGS[name]())


@pytest.mark.parametrize("name", SETTINGS)
def test_no_service_takes_the_demonstrations_values_in_production(name: str) -> None:
    users = {"CONSOLE_USERS": FOR_LIFE["CONSOLE_USERS"]}
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
        patch.dict(os.environ, environment(name, **FOR_LIFE | {variable: ""}), clear=True),
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
    variables = {name: value for name, value in FOR_LIFE.items() if name != variable}
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
    variables = environment("notify", **FOR_LIFE) | {
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
def test_each_password_is_checked_by_itself(name: str, password: str) -> None:
    variables = FOR_LIFE | {"POSTGRES_PASSWORD": OF_OUR_OWN, "RABBITMQ_PASSWORD": OF_OUR_OWN}
    with (
        patch.dict(
            os.environ,
            environment("setup", **variables | {f"{name}_PASSWORD": password}),
            clear=True,
        ),
        pytest.raises(UnsafeConfiguration, match=f"{name}_PASSWORD"),
    ):
        refuse_unsafe(SetupSettings())


@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1).filter(
        lambda text: text == text.strip()
    )
)
def test_a_password_may_hold_any_character(password: str) -> None:
    with patch.dict(
        os.environ,
        environment("notify") | {"DATABASE_PASSWORD": password, "AMQP_PASSWORD": password},
    ):
        settings = services.notify.settings.Settings()
    broker = yarl.URL(settings.broker_url)

    assert sqlalchemy.make_url(settings.dsn).password == password
    assert (broker.password, broker.host, broker.path) == (password, "rabbitmq", "/")
    assert _parsed_by_asyncpg(settings.dsn) == (password, "notify")


def _parsed_by_asyncpg(dsn: str) -> tuple[str | None, str | None]:
    """Returns the password and the database, as asyncpg reads them from an address.

    asyncpg has no public function for this.
    """
    from asyncpg.connect_utils import _parse_connect_dsn_and_args  # type: ignore[attr-defined]

    options = (
        "host",
        "port",
        "user",
        "password",
        "passfile",
        "database",
        "ssl",
        "direct_tls",
        "server_settings",
        "target_session_attrs",
        "krbsrvname",
        "gsslib",
        "service",
        "servicefile",
    )
    _, parsed = _parse_connect_dsn_and_args(dsn=dsn, **dict.fromkeys(options))
    return parsed.password, parsed.database


def test_a_weak_secret_is_refused_in_production() -> None:
    with (
        patch.dict(
            os.environ, environment("notify", **FOR_LIFE | {"LINK_SECRET": "short"}), clear=True
        ),
        pytest.raises(UnsafeConfiguration, match="LINK_SECRET is shorter"),
    ):
        refuse_unsafe(services.notify.settings.Settings())


def test_a_live_account_counts_as_production_whatever_the_profile_says() -> None:
    with pytest.raises(UnsafeConfiguration, match="LINK_SECRET"):
        refuse_unsafe(notify(TWILIO_BASE_URL="https://api.twilio.com"))


def test_every_secret_of_the_demonstration_matches_the_examples() -> None:
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
