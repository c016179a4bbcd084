"""A person who asked to hear from us."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from contracts.event import Event


class LeadCard(BaseModel):
    """What the person told us. `phone` is E.164; `extra` keeps every other field as it came."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    email: str | None = None
    phone: str | None = None
    company: str | None = None
    service: str | None = None
    source: str | None = None
    time_zone: str | None = None
    consent: str | None = None
    extra: dict[str, str] = {}

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else self.name


class LeadCreated(Event):
    """intake: somebody new filled in a form, and it is stored."""

    topic: Literal["lead.created"] = "lead.created"
    card: LeadCard


class LeadReturned(Event):
    """intake: a lead of the last day filled in a form again; nobody is welcomed twice."""

    topic: Literal["lead.returned"] = "lead.returned"
    card: LeadCard


class LeadRegistered(Event):
    """crm: Kommo has the lead."""

    topic: Literal["lead.registered"] = "lead.registered"
    kommo_lead_id: int
    kommo_contact_id: int | None = None


class LeadUnregistered(Event):
    """crm: Kommo refused the lead; a person must look at the reason."""

    topic: Literal["lead.unregistered"] = "lead.unregistered"
    reason: str


class LeadOptedOut(Event):
    """notify: the person said stop; nothing more is sent on any channel."""

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
