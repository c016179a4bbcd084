"""What scheduler reads from the environment."""

from datetime import timedelta

from pydantic import SecretStr

from domain.journey.settings import JourneySettings
from kit.settings import ServiceSettings


class Settings(ServiceSettings, JourneySettings):
    """`backlog_hold` is how many overdue touches may go out without an operator's release.

    A touch that waits for its hours to open leaves within `opening_spread` seconds after they do.
    `scheduler_api_token` opens the HTTP routes. `allowed_hosts` are further host names of this
    service, separated by commas.
    """

    backlog_hold: int = 200
    backlog_per_second: float = 5.0
    opening_spread: float = 600.0
    scheduler_api_token: SecretStr = SecretStr("")
    allowed_hosts: str = ""

    @property
    def spread(self) -> timedelta:
        return timedelta(seconds=self.opening_spread)
