"""What crm reads from the environment."""

from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kit.settings import ServiceSettings


class KommoSettings(BaseSettings):
    """One Kommo account: a long-lived token, or the four values of an OAuth integration."""

    model_config = SettingsConfigDict(env_prefix="KOMMO_", extra="ignore", env_ignore_empty=True)

    base_url: str
    access_token: SecretStr | None = None
    client_id: str = ""
    client_secret: SecretStr | None = None
    redirect_uri: str = ""
    refresh_token: SecretStr | None = None
    pipeline_id: int
    status_id_inicial: int
    field_id_empresa: int | None = None
    field_id_servicio: int | None = None
    field_id_fuente: int | None = None

    @model_validator(mode="after")
    def _has_a_token(self) -> Self:
        if self.access_token is None and self.refresh_token is None:
            raise ValueError(
                "set KOMMO_ACCESS_TOKEN, or KOMMO_REFRESH_TOKEN with KOMMO_CLIENT_ID and KOMMO_CLIENT_SECRET"
            )
        return self


class Settings(ServiceSettings):
    kommo: KommoSettings = Field(default_factory=KommoSettings)
    default_region: str = Field("MX", pattern="^[A-Z]{2}$")
    kommo_timeout: float = 20.0
    kommo_look_delays: str = Field("5,30", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$")

    @property
    def look_delays(self) -> tuple[float, ...]:
        """Seconds between an unclear answer and each look whether Kommo has it: its search lags behind its writes."""
        return tuple(float(delay) for delay in self.kommo_look_delays.split(","))
