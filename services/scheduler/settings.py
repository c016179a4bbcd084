"""What scheduler reads from the environment."""

from datetime import timedelta

from pydantic import SecretStr

from domain.journey.settings import JourneySettings
from kit.settings import ServiceSettings


class Settings(ServiceSettings, JourneySettings):
    """`backlog_hold` is how many overdue touches still go out without being asked about.

    `opening_spread` (seconds): what waits for an hour to open leaves within so long after it. The token opens the
    routes; `allowed_hosts` are further names, with commas, by which it is called.
    """

    backlog_hold: int = 200
    backlog_per_second: float = 5.0
    opening_spread: float = 600.0
    scheduler_api_token: SecretStr = SecretStr("")
    allowed_hosts: str = ""

    @property
    def spread(self) -> timedelta:
        return timedelta(seconds=self.opening_spread)
