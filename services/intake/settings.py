"""Intake's settings, read from the environment."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from kit.settings import EnvironmentSettings, Seconds, ServiceSettings

DEPLOY = Path(__file__).parents[2] / "deploy"
RATE = r"^\d+/(second|minute|hour|day)$"


class MetaSettings(EnvironmentSettings):
    """One app of Meta, and the pages whose leads it reads. Page ids are separated by commas."""

    model_config = SettingsConfigDict(env_prefix="META_")

    app_secret: SecretStr = SecretStr("")
    verify_token: SecretStr = SecretStr("")
    page_token: SecretStr = SecretStr("")
    page_id: str = Field("", pattern=r"^$|^\d+(,\d+)*$")
    graph_url: str = "https://graph.facebook.com"
    graph_version: str = Field("v25.0", pattern=r"^v\d+\.\d+$")
    backfill_seconds: Seconds = 3600.0

    @property
    def page_ids(self) -> tuple[str, ...]:
        return tuple(page_id for page_id in self.page_id.split(",") if page_id)


class Settings(ServiceSettings):
    """All of intake's settings.

    Lists are separated by commas. An origin is scheme and host, such as `https://www.example.com`.
    `lead_rate_limit` is for one visitor's address, `source_rate_limit` for one source with a key;
    what is above is held. `many_names` is how many names one address may give within ten minutes.
    `source_silence` is in hours of business days.
    """

    default_region: str = Field("MX", pattern="^[A-Z]{2}$")
    timezone: str = "America/Mexico_City"
    allowed_origins: str = ""
    form_redirect_url: str = ""
    honeypot_field: str = "sitio_web"
    link_secret: SecretStr
    lead_rate_limit: str = Field("60/minute", pattern=RATE)
    source_rate_limit: str = Field("600/minute", pattern=RATE)
    many_names: int = Field(5, ge=1)

    meta: MetaSettings = Field(default_factory=MetaSettings)
    google_lead_key: SecretStr = SecretStr("")
    tiktok_app_secret: SecretStr = SecretStr("")
    typeform_secret: SecretStr = SecretStr("")
    tally_secret: SecretStr = SecretStr("")
    webflow_secret: SecretStr = SecretStr("")
    provider_timeout: Seconds = 10.0
    sources_path: Path = DEPLOY / "sources.yml"
    source_silence: int = Field(48, ge=1)

    def secrets_of(self, platform: str) -> tuple[str, ...]:
        """Returns the platform's secrets: two while one is replaced, none if it is not connected.

        A comma separates them.
        """
        written = {
            "meta": self.meta.app_secret,
            "google": self.google_lead_key,
            "tiktok": self.tiktok_app_secret,
            "typeform": self.typeform_secret,
            "tally": self.tally_secret,
            "webflow": self.webflow_secret,
        }[platform].get_secret_value()
        return tuple(secret.strip() for secret in written.split(",") if secret.strip())

    @property
    def origins(self) -> tuple[str, ...]:
        """Returns the origins whose pages may post from a browser, and be redirected to."""
        return tuple(
            origin.strip().rstrip("/")
            for origin in self.allowed_origins.split(",")
            if origin.strip()
        )

    @property
    def redirect_origins(self) -> tuple[str, ...]:
        """Returns `origins` and the origin of the configured page, if there is one."""
        own = urlsplit(self.form_redirect_url)
        if not own.netloc:
            return self.origins
        return (*self.origins, f"{own.scheme}://{own.netloc}")
