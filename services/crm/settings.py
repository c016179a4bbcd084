"""Crm's settings, read from the environment."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from kit.settings import EnvironmentSettings, ServiceSettings

IDS = r"^\s*$|^\s*\d{1,18}\s*(,\s*\d{1,18}\s*)*$"
FIELDS = r"^\s*$|^[^=,]+=\s*\d{1,18}\s*(,[^=,]+=\s*\d{1,18}\s*)*$"


class KommoSettings(EnvironmentSettings):
    """A Kommo account, with a long-lived token or the four values of an OAuth integration.

    `form_fields` is a list such as `utm_campaign=123456,ciudad=123457`. `duplicates` says what
    becomes of a lead whose contact has an open one in the pipeline: `add` another, or `update` it.
    """

    model_config = SettingsConfigDict(env_prefix="KOMMO_")

    base_url: str
    access_token: SecretStr | None = None
    client_id: str = ""
    client_secret: SecretStr | None = None
    redirect_uri: str = ""
    refresh_token: SecretStr | None = None
    pipeline_id: int
    status_id_inicial: int
    status_id_agendado: int
    field_id_empresa: int | None = None
    field_id_servicio: int | None = None
    field_id_fuente: int | None = None
    form_fields: str = Field("", pattern=FIELDS, validation_alias="KOMMO_FIELDS")
    tags: str = ""
    responsible_users: str = Field("", pattern=IDS)
    robot_stages: str = Field("", pattern=IDS)
    duplicates: Literal["add", "update"] = "add"
    webhook_token: SecretStr = SecretStr("")

    @property
    def fields(self) -> Mapping[str, int]:
        """Returns the ids of Kommo's custom fields by the names of the form's."""
        pairs = (pair.split("=") for pair in self.form_fields.split(",") if pair.strip())
        named = {
            "empresa": self.field_id_empresa,
            "servicio": self.field_id_servicio,
            "fuente": self.field_id_fuente,
        }
        chosen = {name: field_id for name, field_id in named.items() if field_id is not None}
        return chosen | {name.strip(): int(field_id) for name, field_id in pairs}

    @property
    def tag_names(self) -> tuple[str, ...]:
        return tuple(tag.strip() for tag in self.tags.split(",") if tag.strip())

    @property
    def users(self) -> tuple[int, ...]:
        """Returns the users who are responsible for new leads, in turn."""
        return _ids(self.responsible_users)

    @property
    def robots_stages(self) -> frozenset[int]:
        """Returns the stages that the account's robots move leads to."""
        return frozenset(_ids(self.robot_stages))

    @property
    def fingerprint(self) -> str:
        """Returns what changes with every setting on which Kommo's refusals depend."""
        relevant = self.model_dump(
            mode="json",
            exclude={"access_token", "client_secret", "refresh_token", "webhook_token"},
        )
        return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def is_live(self) -> bool:
        """Returns whether this is a live account. The simulator is only served over plain HTTP."""
        return self.base_url.startswith("https://")

    def is_webhook_token(self, token: str) -> bool:
        """Returns whether `token` is the secret part of the address that Kommo posts to.

        Always False where none is set.
        """
        secret = self.webhook_token.get_secret_value()
        return bool(secret) and token.isascii() and hmac.compare_digest(token, secret)

    @model_validator(mode="after")
    def _has_a_token(self) -> Self:
        if self.access_token is None and self.refresh_token is None:
            raise ValueError(
                "set KOMMO_ACCESS_TOKEN, "
                "or KOMMO_REFRESH_TOKEN with KOMMO_CLIENT_ID and KOMMO_CLIENT_SECRET"
            )
        return self


def _ids(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(",") if number.strip())


ROUTING = ("forms", "router", "apps")  # first parts of addresses that lead to an answer's page


class CalcomSettings(EnvironmentSettings):
    """The secret of Cal.com's webhook, and the keys for its lists of bookings."""

    model_config = SettingsConfigDict(env_prefix="CALCOM_")

    webhook_secret: SecretStr = SecretStr("")
    api_url: str = "https://api.cal.com"
    api_key: SecretStr = SecretStr("")
    teams: str = Field("", pattern=r"^$|^\d+/\d+(\s*,\s*\d+/\d+)*$")
    event_types: str = ""
    poll_seconds: float = 300.0

    @property
    def api_keys(self) -> tuple[str, ...]:
        """Returns the API keys, one for each host."""
        return _listed(self.api_key.get_secret_value())

    @property
    def team_list(self) -> tuple[str, ...]:
        """Returns the teams whose bookings are listed, as `organisation/team`."""
        return _listed(self.teams)

    def own_event_types(self, booking_url: str) -> frozenset[str]:
        """Returns the event types that count; empty where all of them do.

        Where none is set, that of the booking page. The simulator, which is only served over plain
        HTTP, takes every name of a page.
        """
        if self.event_types.strip() == "*":
            return frozenset()
        if self.event_types.strip():
            return frozenset(_listed(self.event_types))
        name = event_type_in(booking_url)
        is_simulated = not self.api_url.startswith("https://")
        return frozenset() if name is None or is_simulated else frozenset([name])


def event_type_in(booking_url: str) -> str | None:
    """Returns the slug of the page's event type; None for a page that leads to several.

    Such are the pages of a person or a team, of several people at once, and routing forms:
    https://cal.com/docs/core-features/routing-forms
    """
    parts = [part for part in urlsplit(booking_url).path.split("/") if part]
    if parts[-1:] == ["embed"]:
        parts.pop()
    if parts[:1] == ["org"]:
        parts = parts[2:]
    if parts[:1] == ["team"]:
        parts = parts[1:]
    is_of_several = len(parts) < 2 or parts[0] in ROUTING or "+" in parts[0]
    return None if is_of_several else parts[-1]


def _listed(written: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in written.split(",") if part.strip())


class Settings(ServiceSettings):
    """All of crm's settings.

    `permit_seconds` is the time that contacting a lead may take, from the request for a permit to
    the provider's answer. A booking that the host does not accept stops the follow-up for
    `booking_request_timeout` seconds.
    """

    kommo: KommoSettings = Field(default_factory=KommoSettings)
    calcom: CalcomSettings = Field(default_factory=CalcomSettings)
    booking_url: str = ""
    link_secret: SecretStr
    booking_request_timeout: float = 172_800.0
    allow_unsigned_webhooks: bool = False
    permit_seconds: float = 20.0
    default_region: str = Field("MX", pattern="^[A-Z]{2}$")
    timezone: str = "America/Mexico_City"
    kommo_timeout: float = 20.0
    kommo_check_delays: str = Field("5,30", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$")

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, timezone: str) -> str:
        if timezone not in available_timezones():
            raise ValueError("is no time zone: write it as America/Mexico_City")
        return timezone

    @property
    def zone(self) -> ZoneInfo:
        """Returns the business's zone, in which the team reads times."""
        return ZoneInfo(self.timezone)

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.allow_unsigned_webhooks and self.kommo.is_live:
            raise ValueError(
                "ALLOW_UNSIGNED_WEBHOOKS is for the demonstration, not for a live Kommo account"
            )
        return self

    @property
    def request_timeout(self) -> timedelta:
        """Returns how long a booking may wait for its host."""
        return timedelta(seconds=self.booking_request_timeout)

    @property
    def check_delays(self) -> tuple[float, ...]:
        """Returns the seconds before each check whether Kommo has an unclear lead or note.

        Kommo's search lags behind its writes.
        """
        return tuple(float(delay) for delay in self.kommo_check_delays.split(","))
