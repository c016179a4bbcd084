"""Console's settings, read from the environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from domain.journey.settings import JourneySettings
from kit.settings import ServiceSettings
from services.console.decisions.users import User, read_users


class Settings(ServiceSettings, JourneySettings):
    """Console's settings.

    `actions_log_rotate_at` is how many actions one file holds, `actions_log_keep` how many older
    files are kept. `console_users` are `name:role:hash`, separated by spaces; without any the
    console is open, which only the demonstration allows. The tokens authorize requests to the API
    of this service and of the scheduler. `allowed_hosts` are further host names of this service,
    separated by commas. `objective_share` of the calls are to be requested within
    `objective_seconds`.
    """

    actions_log_path: Path = Path("data/actions_log.json")
    actions_log_rotate_at: int = Field(1000, ge=1)
    actions_log_keep: int = Field(20, ge=1)

    console_users: SecretStr = SecretStr("")
    console_secret: SecretStr
    console_api_token: SecretStr = SecretStr("")
    scheduler_api_token: SecretStr = SecretStr("")
    public_base_url: str = ""
    console_address: str = ""
    allowed_hosts: str = ""
    simulator_replicas: int = 1
    scheduler_url: str
    notify_url: str
    intake_url: str
    rabbitmq_url: str = "http://rabbitmq:15672"
    kommo_base_url: str
    business_name: str = "Pauta"
    touch_prices: str = ""
    objective_seconds: float = Field(10.0, gt=0)
    objective_share: float = Field(0.95, gt=0, lt=1)

    @property
    def users(self) -> dict[str, User]:
        """Returns the users by name. Raises ValueError for a malformed list."""
        return read_users(self.console_users.get_secret_value())

    @property
    def addresses(self) -> list[str]:
        """Returns the addresses and host names by which clients reach the console."""
        return [self.public_base_url, self.console_address, *self.allowed_hosts.split(",")]

    @property
    def is_live(self) -> bool:
        """Whether Kommo is a live account. The simulator is only served over plain HTTP."""
        return self.kommo_base_url.startswith("https://")

    @property
    def demonstration(self) -> bool:
        return (
            self.pauta_profile == "demonstration"
            and self.simulator_replicas > 0
            and not self.is_live
        )

    @property
    def prices(self) -> dict[str, float]:
        """Returns the estimated price of a touch on each channel. Raises ValueError if malformed.

        `call.MX=0.10,call=0.60` gives prices by country. The business's own country counts, else
        the channel's price without a country, else the dearest.
        """
        known: dict[str, dict[str, float]] = {}
        for pair in self.touch_prices.split(","):
            name, _, price = pair.partition("=")
            channel, _, country = name.strip().partition(".")
            if channel:
                known.setdefault(channel, {})[country.upper()] = float(price)
        return {
            channel: _own_price(by_country, self.default_region)
            for channel, by_country in known.items()
        }

    @model_validator(mode="after")
    def _requires_users(self) -> Self:
        if not self.users and not self.demonstration:
            raise ValueError(
                "CONSOLE_USERS is empty: the console is open only in the demonstration."
                " See: pauta console user"
            )
        return self


def _own_price(by_country: Mapping[str, float], own_country: str) -> float:
    return by_country.get(own_country, by_country.get("", max(by_country.values())))
