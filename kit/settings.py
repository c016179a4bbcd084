"""Settings that every process reads from the environment, or from the files that it names."""

import os
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import (
    AliasChoices,
    AmqpDsn,
    Field,
    PostgresDsn,
    Secret,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from kit.visitors import proxies

Seconds = float


class SecretFileError(Exception):
    """A variable names a file that is empty or cannot be read."""


def from_file(name: str) -> str | None:
    """Returns the text of the file that `<name>_FILE` names; None where that is not set.

    Raises SecretFileError.
    """
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return None
    try:
        text = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileError(
            f"{name}_FILE: {path} cannot be read ({type(error).__name__})"
        ) from None
    if not text:
        raise SecretFileError(f"{name}_FILE: {path} is empty")
    return text


def names_of(settings: type[BaseSettings], name: str, field: FieldInfo) -> list[str]:
    """Returns the environment variables that a setting is read from."""
    if isinstance(field.validation_alias, AliasChoices):
        return [str(choice) for choice in field.validation_alias.choices]
    return [f"{settings.model_config.get('env_prefix', '')}{name}".upper()]


class _Files(PydanticBaseSettingsSource):
    """Reads NAME from the file that `NAME_FILE` names; this source takes precedence over NAME."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        names = names_of(self.settings_cls, field_name, field)
        value = next((text for name in names if (text := from_file(name)) is not None), None)
        key = names[0] if field.validation_alias else field_name
        return value, key, False

    def __call__(self) -> dict[str, Any]:
        found = (
            self.get_field_value(field, name)
            for name, field in self.settings_cls.model_fields.items()
        )
        return {key: value for value, key, _ in found if value is not None}


class EnvironmentSettings(BaseSettings):
    """Settings from files and from the environment.

    An empty variable counts as not set, and no error quotes a value.
    """

    model_config = SettingsConfigDict(
        extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        *_: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return named["init_settings"], _Files(settings_cls), named["env_settings"]


class ProcessSettings(EnvironmentSettings):
    """How a process logs and is traced, and whether it runs the demonstration or production."""

    log_format: str = Field("json", pattern="^(json|console)$")
    otel_exporter_otlp_endpoint: str | None = None
    pauta_profile: Literal["demonstration", "production"] = "demonstration"


class ServerSettings(ProcessSettings):
    """The addresses of PostgreSQL and RabbitMQ."""

    database_host: str = "postgres"
    database_port: int = 5432
    amqp_host: str = "rabbitmq"
    amqp_port: int = 5672


class ServiceSettings(ServerSettings):
    """The service's own user on both servers.

    A full address, as managed servers provide it, takes precedence over its parts.
    """

    database_url: Secret[PostgresDsn] | None = None
    database_name: str = ""
    database_user: str = ""
    database_password: SecretStr = SecretStr("")
    amqp_url: Secret[AmqpDsn] | None = None
    amqp_user: str = ""
    amqp_password: SecretStr = SecretStr("")
    trusted_proxies: str = ""
    retry_delays: str = Field("1,5,30,120,600,1800,3600", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$")

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, written: str) -> str:
        try:
            proxies(written)
        except ValueError:
            raise ValueError(
                "TRUSTED_PROXIES: networks such as 203.0.113.0/24, separated by blanks"
            ) from None
        return written

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        missing = []
        if self.database_url is None and not self.database_password.get_secret_value():
            missing.append("DATABASE_PASSWORD")
        if self.amqp_url is None and not self.amqp_password.get_secret_value():
            missing.append("AMQP_PASSWORD")
        if missing:
            raise ValueError(f"{', '.join(missing)}: empty")
        return self

    @property
    def dsn(self) -> str:
        """Returns the database's address, with the password."""
        if self.database_url is not None:
            return str(self.database_url.get_secret_value())
        server = address(
            "postgresql",
            self.database_user,
            self.database_password,
            self.database_host,
            self.database_port,
        )
        return server + quote(self.database_name, safe="")

    @property
    def broker_url(self) -> str:
        """Returns the broker's address, with the password."""
        if self.amqp_url is not None:
            return str(self.amqp_url.get_secret_value())
        return address("amqp", self.amqp_user, self.amqp_password, self.amqp_host, self.amqp_port)

    @property
    def delays(self) -> tuple[Seconds, ...]:
        """Returns how long a message waits before each retry, in seconds."""
        return tuple(float(delay) for delay in self.retry_delays.split(","))


def address(scheme: str, user: str, password: SecretStr, host: str, port: int) -> str:
    """Returns a server's address with its user; it ends with a slash.

    The password may hold any character.
    """
    secret = quote(password.get_secret_value(), safe="")
    return f"{scheme}://{quote(user, safe='')}:{secret}@{host}:{port}/"
