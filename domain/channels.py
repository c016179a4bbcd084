"""The facts of each channel, in one table.

A new channel is added here. The type checker names every other place that it needs.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, assert_never

from contracts.events.touch import Channel


class AddressKind(StrEnum):
    """What a channel's addresses are. Each value is the name of the field that holds them."""

    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """`provider` is its product at a company: each works or fails for itself.

    `templates` is the folder of its texts.

    `is_paid`: every touch costs money, so that the caps on spending apply.
    `has_hours`: it disturbs, so that it leaves within lawful and waking hours only.
    """

    address: AddressKind
    provider: str
    templates: str
    is_paid: bool
    has_hours: bool


CALL = ChannelFacts(AddressKind.PHONE, "twilio_calls", "voice", is_paid=True, has_hours=True)
WHATSAPP = ChannelFacts(
    AddressKind.PHONE, "twilio_whatsapp", "whatsapp", is_paid=True, has_hours=True
)
SMS = ChannelFacts(AddressKind.PHONE, "twilio_sms", "sms", is_paid=True, has_hours=True)
EMAIL = ChannelFacts(AddressKind.EMAIL, "brevo", "email", is_paid=False, has_hours=False)


def facts_of(channel: Channel) -> ChannelFacts:
    match channel:
        case Channel.CALL:
            return CALL
        case Channel.WHATSAPP:
            return WHATSAPP
        case Channel.SMS:
            return SMS
        case Channel.EMAIL:
            return EMAIL
        case _:
            assert_never(channel)


def channels_to(kind: AddressKind) -> tuple[Channel, ...]:
    """Returns the channels with addresses of this kind."""
    return tuple(channel for channel in Channel if facts_of(channel).address is kind)


class Addresses(Protocol):
    """A lead's card, or a booking."""

    @property
    def phone(self) -> str | None: ...
    @property
    def email(self) -> str | None: ...


def address_in(addresses: Addresses, channel: Channel) -> str | None:
    """Returns the address for the channel; None where there is none."""
    kind = facts_of(channel).address
    match kind:
        case AddressKind.PHONE:
            return addresses.phone
        case AddressKind.EMAIL:
            return addresses.email
        case _:
            assert_never(kind)
