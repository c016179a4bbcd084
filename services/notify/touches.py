"""The touches notify makes, and how one is named."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from contracts.booking import Booking
from contracts.lead import LeadCard
from contracts.touch import Channel, Kind, TouchDue, touch_id

BOOKING_LINK = "booking_link"


@dataclass(frozen=True, slots=True)
class Touch:
    """One outreach to one lead.

    `template` names the text it carries, `address` where it goes, None if there is none; `fallback` the channels to try
    after this one; `until` the end of its hours, None for any hour; `booking` the meeting it is about.
    """

    touch_id: UUID
    lead_id: int
    step: str
    channel: Channel
    template: str
    address: str | None
    kind: Kind
    fallback: tuple[Channel, ...] = ()
    until: datetime | None = None
    booking: Booking | None = None

    @classmethod
    def planned(
        cls,
        lead_id: int,
        step: str,
        channel: Channel,
        card: LeadCard,
        *,
        kind: Kind,
        template: str | None = None,
        fallback: tuple[Channel, ...] = (),
        until: datetime | None = None,
        booking: Booking | None = None,
    ) -> Self:
        return cls(
            touch_id=touch_id(lead_id, step, channel, booking=booking.uid if booking else ""),
            lead_id=lead_id,
            step=step,
            channel=channel,
            template=template or step,
            address=card.email if channel is Channel.EMAIL else card.phone,
            kind=kind,
            fallback=fallback,
            until=until,
            booking=booking,
        )

    @classmethod
    def due(cls, event: TouchDue, card: LeadCard) -> Self:
        """The touch whose time the scheduler says has come."""
        return cls.planned(
            event.lead_id,
            event.step,
            event.channel,
            card,
            kind=event.kind,
            template=event.template,
            fallback=event.fallback,
            until=event.until,
            booking=event.booking,
        )

    def following(self, card: LeadCard) -> Self | None:
        """The same step on the next channel; None after the last."""
        if not self.fallback:
            return None
        return self.planned(
            self.lead_id,
            self.step,
            self.fallback[0],
            card,
            kind=self.kind,
            template=self.template,
            fallback=self.fallback[1:],
            until=self.until,
            booking=self.booking,
        )


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
