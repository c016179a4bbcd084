"""The touches that notify makes, and their states."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, assert_never
from uuid import UUID

from contracts.events.booking import Booking
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, Kind, TouchDue, touch_id
from domain.channels import AddressKind, address_in, facts_of

NOT_AGAIN = "perhaps sent before, and not to be sent again"


@dataclass(frozen=True, slots=True)
class Form:
    """One submission of a lead. Its words and links are for the addresses that it names."""

    submission_id: int
    card: LeadCard


@dataclass(frozen=True, slots=True)
class Addressed:
    """A form with the last sign of life of its addresses, and the count of follow-ups to them."""

    form: Form
    email_alive_at: datetime | None = None
    phone_alive_at: datetime | None = None
    follow_up_mails: int = 0
    follow_up_texts: int = 0

    def address(self, channel: Channel) -> str | None:
        return address_in(self.form.card, channel)

    def alive_at(self, channel: Channel) -> datetime | None:
        kind = facts_of(channel).address
        match kind:
            case AddressKind.PHONE:
                return self.phone_alive_at
            case AddressKind.EMAIL:
                return self.email_alive_at
            case _:
                assert_never(kind)

    def follow_ups(self, channel: Channel) -> int:
        kind = facts_of(channel).address
        match kind:
            case AddressKind.PHONE:
                return self.follow_up_texts
            case AddressKind.EMAIL:
                return self.follow_up_mails
            case _:
                assert_never(kind)


@dataclass(frozen=True, slots=True)
class TouchIdentity:
    """The fields that identify a touch in its events."""

    lead_id: int
    touch_id: UUID
    step: str
    channel: Channel
    run: int = 0

    def about(self) -> dict[str, Any]:
        """Returns the fields that all events of the touch have."""
        return {
            "lead_id": self.lead_id,
            "touch_id": self.touch_id,
            "step": self.step,
            "channel": self.channel,
            "run": self.run,
        }


@dataclass(frozen=True, slots=True)
class Others:
    """The other touches to an address: the provider's references, and whether one is being sent."""

    refs: frozenset[str]
    is_sending: bool


@dataclass(frozen=True, slots=True)
class Touch:
    """One outreach to one lead.

    `template` names its text.
    `address` is None where the lead has none for the channel.
    `fallback` are the channels to try after this one.
    `until` is the end of its hours, None for any hour.
    `booking` is the meeting it is about.
    `run` is the submission that its part of the journey began with, 0 for the first.
    `submission_id` is the submission whose words it has.
    `other_booking` is another one of the person's, of meetings that lie ahead.
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
    run: int = 0
    submission_id: int = 0
    other_booking: Booking | None = None

    @classmethod
    def planned(
        cls,
        lead_id: int,
        step: str,
        channel: Channel,
        form: Form,
        *,
        kind: Kind,
        template: str | None = None,
        fallback: tuple[Channel, ...] = (),
        until: datetime | None = None,
        booking: Booking | None = None,
        run: int = 0,
        address: str | None = None,
    ) -> Self:
        """Returns the touch in the form's words, to `address` if given, else to the form's own."""
        return cls(
            touch_id=touch_id(
                lead_id, step, channel, run=run, booking=booking.key if booking else ""
            ),
            lead_id=lead_id,
            step=step,
            channel=channel,
            template=template or step,
            address=address or address_in(form.card, channel),
            kind=kind,
            fallback=fallback,
            until=until,
            booking=booking,
            run=run,
            submission_id=form.submission_id,
        )

    @classmethod
    def due(cls, event: TouchDue, form: Form, *, address: str | None = None) -> Self:
        """Returns the touch that scheduler published as due."""
        return cls.planned(
            event.lead_id,
            event.step,
            event.channel,
            form,
            kind=event.kind,
            template=event.template,
            fallback=event.fallback,
            until=event.until,
            booking=event.booking,
            run=event.run,
            address=address,
        )

    def about(self) -> dict[str, Any]:
        """Returns the fields that all its events have."""
        return self.identity.about()

    @property
    def identity(self) -> TouchIdentity:
        return TouchIdentity(
            lead_id=self.lead_id,
            touch_id=self.touch_id,
            step=self.step,
            channel=self.channel,
            run=self.run,
        )

    def following(self, card: LeadCard) -> Self | None:
        """Returns the same step on the next channel; None after the last.

        It keeps the address where both channels use the same kind of address.
        """
        if not self.fallback:
            return None
        same_kind = facts_of(self.channel).address is facts_of(self.fallback[0]).address
        return self.planned(
            self.lead_id,
            self.step,
            self.fallback[0],
            Form(self.submission_id, card),
            kind=self.kind,
            template=self.template,
            fallback=self.fallback[1:],
            until=self.until,
            booking=self.booking,
            run=self.run,
            address=self.address if same_kind else None,
        )


class State(StrEnum):
    """The state of a touch. `planned` to `sent` are open; the others are outcomes."""

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
