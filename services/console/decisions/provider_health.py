"""Whether each provider is available, derived from the events about it."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.events.booking import (
    BookingCancelled,
    BookingRescheduled,
    BookingUpdated,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.lead import LeadRegistered
from contracts.events.outbound import ProviderRecovered, ProviderUnavailable
from contracts.events.touch import TouchDelayed, TouchSent
from contracts.message import Message
from domain.channels import facts_of

PROVIDERS = ("kommo", "brevo", "twilio_calls", "twilio_whatsapp", "twilio_sms", "calcom")


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """`unavailable` is the reason of an outage, `succeeded_at` the last sign that it works."""

    name: str
    unavailable: str | None = None
    unavailable_since: datetime | None = None
    succeeded_at: datetime | None = None


def about(event: Message) -> str | None:
    """Returns the provider that the event is about."""
    match event:
        case (
            ProviderUnavailable(provider=provider)
            | ProviderRecovered(provider=provider)
            | TouchDelayed(provider=provider)
        ):
            return provider
        case LeadRegistered():
            return "kommo"
        case (
            LeadBooked()
            | BookingRescheduled()
            | BookingUpdated()
            | BookingCancelled()
            | MeetingEnded()
        ):
            return "calcom"
        case TouchSent(channel=channel):
            return facts_of(channel).provider
        case _:
            return None


def apply(provider: ProviderHealth, event: Message) -> ProviderHealth:
    """Applies the event to the provider's state, unless it is older than the last state change."""
    match event:
        case ProviderUnavailable() | ProviderRecovered() | TouchDelayed() if (
            provider.unavailable_since is not None and event.at < provider.unavailable_since
        ):
            return provider
        case TouchDelayed() if provider.unavailable is not None:
            return provider
        case ProviderUnavailable(reason=reason) | TouchDelayed(reason=reason):
            return replace(provider, unavailable=reason, unavailable_since=event.at)
        case ProviderRecovered():
            provider = replace(provider, unavailable=None, unavailable_since=event.at)
        case TouchSent() if (
            provider.unavailable_since is not None and event.at > provider.unavailable_since
        ):
            provider = replace(provider, unavailable=None)
        case _:
            pass
    return replace(provider, succeeded_at=max(event.at, provider.succeeded_at or event.at))
