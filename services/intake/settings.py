"""What intake reads from the environment."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Lists are separated by commas; an origin is scheme and host, such as `https://www.example.com`."""

    default_region: str = Field("MX", pattern="^[A-Z]{2}$")
    allowed_origins: str = ""
    form_redirect_url: str = ""
    honeypot_field: str = "sitio_web"
    link_secret: SecretStr
    lead_rate_limit: str = Field("60/minute", pattern=r"^\d+/(second|minute|hour|day)$")

    @property
    def origins(self) -> tuple[str, ...]:
        """Whose pages may post from a browser, and where a form may be sent afterwards."""
        return tuple(
            origin.strip().rstrip("/")
            for origin in self.allowed_origins.split(",")
            if origin.strip()
        )

    @property
    def redirect_origins(self) -> tuple[str, ...]:
        own = urlsplit(self.form_redirect_url)
        return (*self.origins, f"{own.scheme}://{own.netloc}") if own.netloc else self.origins
