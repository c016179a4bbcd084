"""What every process reads from the environment."""

from pydantic import Field, PostgresDsn, Secret
from pydantic_settings import BaseSettings, SettingsConfigDict

Seconds = float


class ProcessSettings(BaseSettings):
    """How any process logs and is traced."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    log_format: str = Field("json", pattern="^(json|console)$")
    otel_exporter_otlp_endpoint: str | None = None


class ServiceSettings(ProcessSettings):
    """Where the service's own database and the broker are; both addresses carry a password."""

    database_url: Secret[PostgresDsn]
    amqp_url: Secret[str]
    retry_delays: str = Field("1,5,30,120,600,1800,3600", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$")

    @property
    def dsn(self) -> str:
        return str(self.database_url.get_secret_value())

    @property
    def delays(self) -> tuple[Seconds, ...]:
        """How long a message waits before each retry, in seconds."""
        return tuple(float(delay) for delay in self.retry_delays.split(","))
