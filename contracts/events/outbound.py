"""System-wide outbound state: paused, resumed, its cost, and each provider's availability.

These events concern no single lead: `lead_id` is 0.
"""

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
    """notify: the calls and messages of the last 24 hours reached a share of their cap.

    Published once a day (UTC) for each share. `spent` and `cap` have the currency of TOUCH_PRICES.
    """

    topic: Literal["spending.reached"] = "spending.reached"
    lead_id: int = 0
    percent: int
    spent: float
    cap: float


class ProviderUnavailable(Event):
    """notify or crm: a provider does not work for us. Its work waits until it does."""

    topic: Literal["provider.unavailable"] = "provider.unavailable"
    lead_id: int = 0
    provider: str
    reason: str


class ProviderRecovered(Event):
    """notify or crm: the provider works again."""

    topic: Literal["provider.recovered"] = "provider.recovered"
    lead_id: int = 0
    provider: str
