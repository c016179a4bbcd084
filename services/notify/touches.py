"""The touches notify makes, and how one is named."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from contracts.lead import LeadCard
from contracts.touch import Channel, touch_id

WELCOME = "welcome"
BOOKING_LINK = "booking_link"


@dataclass(frozen=True, slots=True)
class Touch:
    """One outreach to one lead; `template` is the text it carries, `address` where it goes, None if there is none."""

    touch_id: UUID
    lead_id: int
    step: str
    channel: Channel
    template: str
    address: str | None

    @classmethod
    def planned(cls, lead_id: int, step: str, channel: Channel, template: str, card: LeadCard) -> Self:
        address = card.email if channel is Channel.EMAIL else card.phone
        return cls(touch_id(lead_id, step, channel), lead_id, step, channel, template, address)


class State(StrEnum):
    """Where a touch stands. `planned` to `sent` are open; the others are how it ended."""

    PLANNED = "planned"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    DELIVERED = "delivered"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    FAILED = "failed"
    SKIPPED = "skipped"


OPEN = frozenset({State.PLANNED, State.SENDING, State.UNCERTAIN, State.SENT})
