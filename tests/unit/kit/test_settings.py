"""Variables from files, and passwords with any character."""

import os
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy
import yarl
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import services.notify.settings
from kit.settings import SecretFileError
from pauta.running.compose_file import read_recipes


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
