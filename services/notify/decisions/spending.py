"""Decides the cost of calls and messages, and which cap the next one would exceed. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from contracts.events.touch import Channel
from domain.sms import MOST_SEGMENTS, segments

Prices = Mapping[str, float]
ALARMS = (80, 50)  # per cent
PREFIX_LENGTH = 7  # of +573001234567: the plus and six digits
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
UNITS_OF_A_CLAIM = 1  # until more is known, as in the column's default
NAMES_WITHIN = timedelta(minutes=10)
SOURCES_WITHIN = timedelta(days=7)
PRICES_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Spending:
    """Calls or messages to one country and prefix, from one source and one visitor.

    `day` counts those of the last 24 hours, `hour` those of the last hour. `units` are the segments
    and minutes of those whose price is not known yet, and `paid` is the price of the others.
    """

    channel: Channel
    country: str
    prefix: str
    source: str
    visitor: str
    answers_form: bool
    day: int
    hour: int
    units: int
    paid: float = 0.0


@dataclass(frozen=True, slots=True)
class Caps:
    """How much may be sent before an operator is asked. The settings have the same names."""

    prefix_hour: int
    door_hour: int
    door_day: int
    source_share: float
    visitor_share: float
    visitor_names: int
    daily: float


def read_prices(written: str) -> Prices:
    """Returns the prices in `call.MX=0.10,call=0.60`. Raises ValueError for an unknown channel."""
    pairs = (pair.partition("=") for pair in written.split(",") if pair)
    prices = {name: float(price) for name, _, price in pairs}
    for name in prices:
        Channel(name.partition(".")[0])
    return prices


def usual_units(channel: Channel) -> int:
    """Returns the units that a touch is expected to be charged as, before it has a text."""
    return MOST_SEGMENTS if channel is Channel.SMS else UNITS_OF_A_CLAIM


def units_of(channel: Channel, text: str) -> int:
    """Returns the units that a touch is charged as: an SMS by its segments.

    A call is charged by the minute, which is known when it has ended.
    """
    return segments(text).count if channel is Channel.SMS else UNITS_OF_A_CLAIM


def dearer(prices: Prices, paid: Prices) -> dict[str, float]:
    """Returns the prices of the settings, and those really paid where they are higher.

    A cap that is reached too early is better than one that is exceeded.
    """
    found = dict(prices)
    for name, price in paid.items():
        channel, _, country = name.partition(".")
        if price > price_of(prices, Channel(channel), country):
            found[name] = price
    return found


def price_of(prices: Prices, channel: Channel, country: str) -> float:
    """Returns the price of one unit: to that country, else the channel's own, else its highest."""
    for name in (f"{channel}.{country}", str(channel)):
        if name in prices:
            return prices[name]
    return max(
        (price for name, price in prices.items() if name.startswith(f"{channel}.")), default=0.0
    )


class Tally:
    """Spendings, added up by what the caps limit."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self.spent = 0.0
        self.door_hour = 0
        self.door_day = 0
        self.prefix_hour: Counter[str] = Counter()
        self.by_source: dict[str, float] = {}
        self.by_visitor: dict[str, float] = {}

    @classmethod
    def of(cls, spendings: Iterable[Spending], prices: Prices) -> Self:
        tally = cls(prices)
        for spending in spendings:
            tally.add(spending)
        return tally

    def add(self, spending: Spending) -> None:
        price = price_of(self._prices, spending.channel, spending.country)
        cost = price * spending.units + spending.paid
        self.spent += cost
        self.prefix_hour[spending.prefix] += spending.hour
        self.by_source[spending.source] = self.by_source.get(spending.source, 0.0) + cost
        self.by_visitor[spending.visitor] = self.by_visitor.get(spending.visitor, 0.0) + cost
        if spending.answers_form:
            self.door_hour += spending.hour
            self.door_day += spending.day


def alarm(amount: float, cap: float) -> int | None:
    """Returns the reached share of the day's cap, in per cent, that raises an alarm."""
    return next((percent for percent in ALARMS if amount and amount >= cap * percent / 100), None)


def reached_cap(
    tally: Tally,
    caps: Caps,
    *,
    country: str,
    prefix: str,
    source: str,
    visitor: str,
    names: int,
    sources: int,
    home: str,
) -> str | None:
    """Returns the cap that one more call or message would exceed, by the name an operator sees.

    None where it would exceed none. `names` is how many names the visitor gave lately, including
    this one; `sources` how many sources brought leads in the last week; `home` the business's own
    country.
    """
    if country != home and tally.prefix_hour[prefix] >= caps.prefix_hour:
        return f"prefix {prefix}"
    if tally.door_hour >= caps.door_hour or tally.door_day >= caps.door_day:
        return "door /api/lead"
    if visitor and names > caps.visitor_names:
        return f"visitor {visitor}"
    if visitor and tally.by_visitor.get(visitor, 0.0) >= caps.visitor_share * caps.daily:
        return f"visitor {visitor}"
    if sources > 1 and tally.by_source.get(source, 0.0) >= caps.source_share * caps.daily:
        return f"source {source or '-'}"
    return None
