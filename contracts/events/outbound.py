"""All that leaves for the providers: paused, resumed, waiting, its cost. About no one lead."""

from typing import Literal

from contracts.events.base import Event


class OutboundPaused(Event):
    """notify: an operator stopped everything that leaves. Due touches wait."""

    topic: Literal["outbound.paused"] = "outbound.paused"
    lead_id: int = 0
    by: str
    reason: str = ""


class OutboundResumed(Event):
    """notify: everything leaves again, each touch within its hours."""

    topic: Literal["outbound.resumed"] = "outbound.resumed"
    lead_id: int = 0
    by: str


class SpendingReached(Event):
    """notify: the last 24 hours' calls and messages came near their cap. Said once a day (UTC) of each share.

    `spent` and `cap` are reckoned amounts, in the currency of TOUCH_PRICES.
    """

    topic: Literal["spending.reached"] = "spending.reached"
    lead_id: int = 0
    percent: int
    spent: float
    cap: float


class ProviderUnavailable(Event):
    """notify or crm: a company does not work for us; what is meant for it waits until it does."""

    topic: Literal["provider.unavailable"] = "provider.unavailable"
    lead_id: int = 0
    provider: str
    reason: str


class ProviderRecovered(Event):
    """notify or crm: the company works again."""

    topic: Literal["provider.recovered"] = "provider.recovered"
    lead_id: int = 0
    provider: str
