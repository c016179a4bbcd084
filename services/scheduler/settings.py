"""What scheduler reads from the environment."""

from journey.settings import JourneySettings
from kit.settings import ServiceSettings


class Settings(ServiceSettings, JourneySettings):
    """`catch_up_hold` is how many overdue touches still go out without being asked about."""

    catch_up_hold: int = 200
    catch_up_per_second: float = 5.0
