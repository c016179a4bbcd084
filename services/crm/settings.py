"""Crm's settings, read from the environment."""

import hmac
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from kit.settings import EnvironmentSettings, ServiceSettings


class KommoSettings(EnvironmentSettings):
    """A Kommo account, with a long-lived token or the four values of an OAuth integration."""

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
    webhook_token: SecretStr = SecretStr("")

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


class CalcomSettings(EnvironmentSettings):
    """The secret of Cal.com's webhook, and the key for its list of bookings."""

    model_config = SettingsConfigDict(env_prefix="CALCOM_")

    webhook_secret: SecretStr = SecretStr("")
    api_url: str = "https://api.cal.com"
    api_key: SecretStr = SecretStr("")
    poll_seconds: float = 300.0


class Settings(ServiceSettings):
    """All of crm's settings.

    `permit_seconds` is the time that contacting a lead may take, from the request for a permit to
    the provider's answer.
    """

    kommo: KommoSettings = Field(default_factory=KommoSettings)
    calcom: CalcomSettings = Field(default_factory=CalcomSettings)
    link_secret: SecretStr
    allow_unsigned_webhooks: bool = False
    permit_seconds: float = 20.0
    default_region: str = Field("MX", pattern="^[A-Z]{2}$")
    kommo_timeout: float = 20.0
    kommo_check_delays: str = Field("5,30", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$")

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.allow_unsigned_webhooks and self.kommo.is_live:
            raise ValueError(
                "ALLOW_UNSIGNED_WEBHOOKS is for the demonstration, not for a live Kommo account"
            )
        return self

    @property
    def check_delays(self) -> tuple[float, ...]:
        """Returns the seconds before each check whether Kommo has an unclear lead or note.

        Kommo's search lags behind its writes.
        """
        return tuple(float(delay) for delay in self.kommo_check_delays.split(","))
