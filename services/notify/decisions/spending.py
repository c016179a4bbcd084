"""What calls and messages are reckoned to cost, and which cap the next one would exceed. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from contracts.touch import Channel

Prices = Mapping[str, float]
Where = tuple[Channel, str, str, str, bool]  # channel, country, prefix, source, whether it answers a form
ALARMS = (80, 50)  # per cent


@dataclass(frozen=True, slots=True)
class Spending:
    """Calls or messages of the last 24 hours to one country, prefix and of one source; `hour` are those of the last."""

    channel: Channel
    country: str
    prefix: str
    source: str
    answers_form: bool
    day: int
    hour: int

    @property
    def where(self) -> Where:
        return self.channel, self.country, self.prefix, self.source, self.answers_form

    def and_one(self) -> Self:
        """The same with one call or message more, made now."""
        return replace(self, day=self.day + 1, hour=self.hour + 1)


@dataclass(frozen=True, slots=True)
class Caps:
    """How many calls and messages may leave before an operator is asked: see the settings of the same names."""

    prefix_hour: int
    door_hour: int
    door_day: int
    source_share: float
    daily: float


def read_prices(written: str) -> Prices:
    """The prices in `call.MX=0.10,call=0.60`. Raises ValueError for a channel that is none."""
    pairs = (pair.partition("=") for pair in written.split(",") if pair)
    prices = {name: float(price) for name, _, price in pairs}
    for name in prices:
        Channel(name.partition(".")[0])
    return prices


def price_of(prices: Prices, channel: Channel, country: str) -> float:
    """The price to that country, else the channel's own, else the dearest that is known of the channel."""
    for name in (f"{channel}.{country}", str(channel)):
        if name in prices:
            return prices[name]
    return max((price for name, price in prices.items() if name.startswith(f"{channel}.")), default=0.0)


def spent(spendings: Iterable[Spending], prices: Prices) -> float:
    return sum(price_of(prices, s.channel, s.country) * s.day for s in spendings)


def alarm(amount: float, cap: float) -> int | None:
    """The share of the day's cap, in per cent, that an operator hears of."""
    return next((percent for percent in ALARMS if amount and amount >= cap * percent / 100), None)


def reached_cap(
    spendings: Iterable[Spending],
    caps: Caps,
    prices: Prices,
    *,
    country: str,
    prefix: str,
    source: str,
    sources: int,
    home: str,
) -> str | None:
    """The cap that one more call or message would exceed, by the name that an operator sees; None where there is none.

    `sources` is how many sources brought leads in the last week, `home` the business's own country.
    """
    seen = list(spendings)
    if country != home and sum(s.hour for s in seen if s.prefix == prefix) >= caps.prefix_hour:
        return f"prefix {prefix}"
    answers = [s for s in seen if s.answers_form]
    if sum(s.hour for s in answers) >= caps.door_hour or sum(s.day for s in answers) >= caps.door_day:
        return "door /api/lead"
    of_source = spent((s for s in seen if s.source == source), prices)
    if sources > 1 and of_source >= caps.source_share * caps.daily:
        return f"source {source or '-'}"
    return None
