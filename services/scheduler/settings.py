"""What scheduler reads from the environment."""

from datetime import timedelta

from journey.settings import JourneySettings
from kit.settings import ServiceSettings


class Settings(ServiceSettings, JourneySettings):
    """`catch_up_hold` is how many overdue touches still go out without being asked about.

    `opening_spread` (seconds): what waits for an hour to open leaves within so long after it.
    """

    catch_up_hold: int = 200
    catch_up_per_second: float = 5.0
    opening_spread: float = 600.0

    @property
    def spread(self) -> timedelta:
        return timedelta(seconds=self.opening_spread)
