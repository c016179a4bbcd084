"""A person who asked to hear from us."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.events.base import Event


class LeadCard(BaseModel):
    """What the person told us. `phone` is E.164; `extra` keeps every other field as it came.

    `unusable_phone` is a number that is nobody's own (satellite, premium, toll-free), as it was typed. `visitor` stands
    for the address that the form came from.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    email: str | None = None
    phone: str | None = None
    unusable_phone: str | None = None
    company: str | None = None
    service: str | None = None
    source: str | None = None
    time_zone: str | None = None
    consent: str | None = None
    visitor: str | None = None
    extra: dict[str, str] = {}


class LeadCreated(Event):
    """intake: a form makes a lead, and it is stored. `received_at` is when the request came in.

    `person_id` is the id of the person's first lead: another one than `lead_id` means that the person is known.
    `journey` names the journey's version that the lead enters with; without it, each service takes its own file.
    """

    topic: Literal["lead.created"] = "lead.created"
    card: LeadCard
    received_at: AwareDatetime | None = None
    person_id: int | None = None
    journey: str | None = None

    @property
    def person_is_known(self) -> bool:
        return self.person_id not in (None, self.lead_id)


class LeadUpdated(Event):
    """intake: the person of a lead filled in a form again, under the id `submission_id`, and it joined the lead.

    `changed` names the card's fields that say something new. `returned`: it came more than a day after the lead was
    last answered, so it is answered, and the follow-up begins anew with the journey's version `journey`.
    """

    topic: Literal["lead.updated"] = "lead.updated"
    submission_id: int
    person_id: int
    card: LeadCard
    changed: tuple[str, ...] = ()
    returned: bool = False
    received_at: AwareDatetime | None = None
    journey: str | None = None


class LeadSuperseded(Event):
    """intake: the person has another lead, `by_lead_id`, whose follow-up takes this one's place."""

    topic: Literal["lead.superseded"] = "lead.superseded"
    by_lead_id: int
    person_id: int


class LeadRegistered(Event):
    """crm: Kommo has the lead. `asked_at` is when it was asked for it."""

    topic: Literal["lead.registered"] = "lead.registered"
    kommo_lead_id: int
    kommo_contact_id: int | None = None
    asked_at: AwareDatetime | None = None


class LeadRegistrationFailed(Event):
    """crm: Kommo refused the lead; a person must look at the reason."""

    topic: Literal["lead.registration_failed"] = "lead.registration_failed"
    reason: str


class LeadOptedOut(Event):
    """notify: the person said stop; nothing more is sent but what belongs to a meeting they booked."""

    topic: Literal["lead.opted_out"] = "lead.opted_out"
    channel: str
    reason: str


class Closing(StrEnum):
    """Why a lead is no longer ours to follow up."""

    WON = "won"
    LOST = "lost"
    DELETED = "deleted"
    TAKEN_OVER = "taken_over"  # a person moved it to another stage by hand


class LeadClosed(Event):
    """crm: in Kommo the lead was won, lost, deleted, or taken over by a person."""

    topic: Literal["lead.closed"] = "lead.closed"
    reason: Closing


class Attention(StrEnum):
    """Why a person of the team must look at a lead."""

    ADDED_ADDRESS_STOPPED = (
        "added_address_stopped"  # stop came from an address that the lead's first form did not have
    )


class LeadNeedsAttention(Event):
    """notify: the lead's follow-up waits until an operator has looked, and lets it go on (`lead.resumed`)."""

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
