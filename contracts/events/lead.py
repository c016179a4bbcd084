"""A person who asked to hear from us."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.events.base import Event


class LeadCard(BaseModel):
    """The person's own data, from the form. `phone` is E.164; `extra` keeps every other field.

    `unusable_phone` and `unusable_email` are what was typed there and cannot be used: a number that
    no person owns (satellite, premium, toll-free), an address that is none.
    `attribution` names the ad, campaign, form and click that they came by.
    `visitor` is a pseudonym of the network address that the form came from.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    email: str | None = None
    phone: str | None = None
    unusable_phone: str | None = None
    unusable_email: str | None = None
    company: str | None = None
    service: str | None = None
    source: str | None = None
    time_zone: str | None = None
    consent: str | None = None
    visitor: str | None = None
    attribution: dict[str, str] = {}
    extra: dict[str, str] = {}


class Door(StrEnum):
    """How a lead came in."""

    FORM = "form"
    MESSAGE = "message"  # they wrote first: the answer is a message, not a call
    FILE = "file"


NO_JOURNEY = "none"  # the journey of a lead that is kept, and never contacted by itself


class LeadCreated(Event):
    """intake: a form made a lead, which is stored. `received_at` is when the request came in.

    `person_id` is the id of the person's first lead, so it differs from `lead_id` for a person who
    is known already. `journey` is the journey version that the lead starts with, or NO_JOURNEY;
    without it, each service uses its own file. `first_message` is what a person wrote who came by
    the door MESSAGE.
    """

    topic: Literal["lead.created"] = "lead.created"
    card: LeadCard
    received_at: AwareDatetime | None = None
    person_id: int | None = None
    journey: str | None = None
    door: Door = Door.FORM
    first_message: str = ""

    @property
    def person_is_known(self) -> bool:
        return self.person_id not in (None, self.lead_id)


class LeadUpdated(Event):
    """intake: a further form of the person, answered with `submission_id`, joined the lead.

    `changed` names the card's fields with new values. With `returned`, the form came more than a
    day after the lead was last answered, so it is answered, and the follow-up restarts with the
    journey version `journey`. `first_message` is what they wrote who came by the door MESSAGE.
    """

    topic: Literal["lead.updated"] = "lead.updated"
    submission_id: int
    person_id: int
    card: LeadCard
    changed: tuple[str, ...] = ()
    returned: bool = False
    received_at: AwareDatetime | None = None
    journey: str | None = None
    door: Door = Door.FORM
    first_message: str = ""


class LeadSuperseded(Event):
    """intake: another lead of the person, `by_lead_id`, continues the follow-up."""

    topic: Literal["lead.superseded"] = "lead.superseded"
    by_lead_id: int
    person_id: int


class LeadRegistered(Event):
    """crm: Kommo has the lead. `asked_at` is when our request was sent."""

    topic: Literal["lead.registered"] = "lead.registered"
    kommo_lead_id: int
    kommo_contact_id: int | None = None
    asked_at: AwareDatetime | None = None


class LeadRegistrationFailed(Event):
    """crm: Kommo refused the lead. A person must read the reason."""

    topic: Literal["lead.registration_failed"] = "lead.registration_failed"
    reason: str


class LeadOptedOut(Event):
    """notify: the person said stop. Only touches of a booked meeting are still sent.

    `text` is what they wrote.
    """

    topic: Literal["lead.opted_out"] = "lead.opted_out"
    channel: str
    reason: str
    text: str = ""


class LeadRestored(Event):
    """notify: an operator took a stop back, which was none. The follow-up goes on."""

    topic: Literal["lead.restored"] = "lead.restored"
    by: str


class Closing(StrEnum):
    """Why a lead is no longer followed up."""

    WON = "won"
    LOST = "lost"
    DELETED = "deleted"
    TAKEN_OVER = "taken_over"  # a person moved it to another stage by hand


class LeadClosed(Event):
    """crm: in Kommo the lead was won, lost, deleted, or taken over by a person."""

    topic: Literal["lead.closed"] = "lead.closed"
    reason: Closing


class Attention(StrEnum):
    """Why a person of the team must see the lead."""

    # stop came from an address that the lead's first form did not have
    ADDED_ADDRESS_STOPPED = "added_address_stopped"


class LeadNeedsAttention(Event):
    """notify: the follow-up waits until an operator resumes it (`lead.resumed`)."""

    topic: Literal["lead.needs_attention"] = "lead.needs_attention"
    reason: Attention


class LeadPaused(Event):
    """scheduler: the lead's follow-up waits, because an operator paused it."""

    topic: Literal["lead.paused"] = "lead.paused"
    by: str


class LeadResumed(Event):
    """scheduler: the follow-up continues where it stopped."""

    topic: Literal["lead.resumed"] = "lead.resumed"
    by: str


class LeadErased(Event):
    """intake: an operator had the person's data erased. Every service that keeps any erases it."""

    topic: Literal["lead.erased"] = "lead.erased"
    by: str
