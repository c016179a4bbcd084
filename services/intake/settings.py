"""Intake's settings, read from the environment."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from kit.settings import ServiceSettings

RATE = r"^\d+/(second|minute|hour|day)$"


class Settings(ServiceSettings):
    """All of intake's settings.

    Lists are separated by commas. An origin is scheme and host, such as `https://www.example.com`.
    `lead_rate_limit` is for one visitor's address, `source_rate_limit` for one source with a key;
    what is above is held. `many_names` is how many names one address may give within ten minutes.
    """

    default_region: str = Field("MX", pattern="^[A-Z]{2}$")
    allowed_origins: str = ""
    form_redirect_url: str = ""
    honeypot_field: str = "sitio_web"
    link_secret: SecretStr
    lead_rate_limit: str = Field("60/minute", pattern=RATE)
    source_rate_limit: str = Field("600/minute", pattern=RATE)
    many_names: int = Field(5, ge=1)

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
