"""What console reads from the environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from domain.journey.settings import JourneySettings
from kit.settings import ServiceSettings
from services.console.decisions.users import User, read_users


class Settings(ServiceSettings, JourneySettings):
    """`actions_log_rotate_at` is how many actions one file holds, `actions_log_keep` how many older files stay.

    `console_users` are `name:role:hash`, one after another; without any, the console is open, and that only in the
    demonstration. The tokens open the API of this service and of the scheduler; `allowed_hosts` are further names, with
    commas, by which this one is called. `objective_share` of the calls are to be asked for within `objective_seconds`.
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
    rabbitmq_url: str = "http://rabbitmq:15672"
    kommo_base_url: str
    business_name: str = "Pauta"
    touch_prices: str = ""
    objective_seconds: float = Field(10.0, gt=0)
    objective_share: float = Field(0.95, gt=0, lt=1)

    @property
    def users(self) -> dict[str, User]:
        """Raises ValueError for what is no list of users."""
        return read_users(self.console_users.get_secret_value())

    @property
    def addresses(self) -> list[str]:
        """By which the console is called from outside."""
        return [self.public_base_url, self.console_address, *self.allowed_hosts.split(",")]

    @property
    def is_live(self) -> bool:
        """Whether the leads are of life: the simulator's Kommo has no certificate."""
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
        """What a touch on a channel is reckoned to cost. Raises ValueError for what is no list of prices.

        `call.MX=0.10,call=0.60` has a price by country: the business's own, else the plain channel's, else the dearest.
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
    def _is_closed_in_life(self) -> Self:
        if not self.users and not self.demonstration:
            raise ValueError(
                "CONSOLE_USERS is empty: the console is open only in the demonstration. See: pauta console user"
            )
        return self


def _own_price(by_country: Mapping[str, float], own: str) -> float:
    return by_country.get(own, by_country.get("", max(by_country.values())))
