"""What crm does when an event arrives: notes what Kommo should know. The worker tells Kommo, at Kommo's pace."""

from typing import Annotated

from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.call import CallAnswered, CallUnanswered
from contracts.lead import LeadCreated, LeadOptedOut, LeadRegistered, LeadReturned, LeadUnregistered
from contracts.reply import ReplyReceived
from contracts.touch import TouchDelivered, TouchFailed, TouchSent, TouchSkipped, TouchUncertain
from kit.bus import ACKNOWLEDGE, EVENTS, work
from services.crm.decisions import first_note, note
from services.crm.deps import FromApp

Outcome = Annotated[
    TouchSent
    | TouchDelivered
    | TouchFailed
    | TouchSkipped
    | TouchUncertain
    | CallAnswered
    | CallUnanswered
    | ReplyReceived
    | LeadOptedOut
    | LeadReturned,
    Field(discriminator="topic"),
]

LEADS = work("crm.leads", LeadCreated, at_once=10)
NOTES = work(
    "crm.notes",
    *(TouchSent, TouchDelivered, TouchFailed, TouchSkipped, TouchUncertain),
    *(CallAnswered, CallUnanswered, ReplyReceived, LeadOptedOut, LeadReturned),
    at_once=4,
)
WORKS = (LEADS, NOTES)
SAYS = (LeadRegistered, LeadUnregistered)

router = RabbitRouter()


@router.subscriber(LEADS.queue, EVENTS, channel=LEADS.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created(event: LeadCreated, deps: FromApp) -> None:
    await deps.store.want_lead(event.event_id, event.lead_id, event.card, first_note(event.lead_id, event.card))


@router.subscriber(NOTES.queue, EVENTS, channel=NOTES.channel, ack_policy=ACKNOWLEDGE)
async def on_outcome(event: Outcome, deps: FromApp) -> None:
    text = note(event)
    if text is not None:
        when = event.at.strftime("%d/%m/%Y %H:%M:%S UTC")
        # the end of the event's id tells one note from another, for Kommo keeps every copy it is given
        await deps.store.want_note(event.event_id, event.lead_id, f"{text}\n{when} · {event.event_id.hex[-12:]}")
