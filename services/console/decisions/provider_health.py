"""What an operator sees of the companies outside, folded from what was said of them."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.events.base import Event
from contracts.events.booking import BookingCancelled, BookingMoved, LeadBooked, MeetingEnded
from contracts.events.lead import LeadRegistered
from contracts.events.outbound import ProviderAway, ProviderBack
from contracts.events.touch import Channel, TouchDelayed, TouchSent

COMPANIES = ("kommo", "brevo", "twilio", "calcom")


@dataclass(frozen=True, slots=True)
class Company:
    """`away` says why it does not work for us, since `away_at`; `heard_at` is the last sign that it does."""

    name: str
    away: str | None = None
    away_at: datetime | None = None
    heard_at: datetime | None = None


def about(event: Event) -> str | None:
    """The company that the event tells something of."""
    match event:
        case ProviderAway(provider=provider) | ProviderBack(provider=provider) | TouchDelayed(provider=provider):
            return provider
        case LeadRegistered():
            return "kommo"
        case LeadBooked() | BookingMoved() | BookingCancelled() | MeetingEnded():
            return "calcom"
        case TouchSent(channel=channel):
            return "brevo" if channel is Channel.EMAIL else "twilio"
        case _:
            return None


def heard(company: Company, event: Event) -> Company:
    """The company after the event; what was said before the last word about it changes nothing of that."""
    match event:
        case ProviderAway() | ProviderBack() | TouchDelayed() if (
            company.away_at is not None and event.at < company.away_at
        ):
            return company
        case TouchDelayed() if company.away is not None:
            return company
        case ProviderAway(reason=reason) | TouchDelayed(reason=reason):
            return replace(company, away=reason, away_at=event.at)
        case ProviderBack():
            company = replace(company, away=None, away_at=event.at)
        case TouchSent() if company.away_at is not None and event.at > company.away_at:
            company = replace(company, away=None)
        case _:
            pass
    return replace(company, heard_at=max(event.at, company.heard_at or event.at))
