"""What notify does when an event arrives. First contact and each provider have queues of their own: none waits."""

from typing import Annotated

from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.call import CallAnswered, CallUnanswered
from contracts.failed_work import DiscardWork, RetryWork, WorkFailed
from contracts.lead import LeadCreated, LeadErased, LeadOptedOut, LeadPaused, LeadStopped, LeadUnpaused
from contracts.outbound import OutboundPaused, OutboundResumed, ProviderAway, ProviderBack
from contracts.reply import Intent, ReplyReceived
from contracts.touch import (
    Channel,
    FailureKind,
    TouchDeferred,
    TouchDelivered,
    TouchDue,
    TouchFailed,
    TouchHeld,
    TouchLookedUp,
    TouchReviewed,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnknown,
)
from kit.bus import ACKNOWLEDGE, EVENTS, work
from services.notify.decisions.fallback import after_failure
from services.notify.decisions.first_contact import asked_for_link, first_touches
from services.notify.deps import Deps, FromApp
from services.notify.outreach import make
from services.notify.touches import Touch

CALL = work("notify.call", LeadCreated, at_once=80)
EMAIL = work("notify.email", LeadCreated, at_once=8)  # few at once: a burst's calls come first
DUE_PHONE = work("notify.due_phone", TouchDue, at_once=20)
DUE_EMAIL = work("notify.due_email", TouchDue, at_once=8)
UNANSWERED = work("notify.unanswered", CallUnanswered, at_once=20)
FALLBACK = work("notify.fallback", TouchFailed, at_once=20)
LINK = work("notify.link", ReplyReceived, at_once=10)
SWITCH = work("notify.switch", OutboundPaused, OutboundResumed, at_once=1)  # of its own: it overtakes everything
ORDERS = work(
    "notify.orders", LeadPaused, LeadUnpaused, LeadStopped, LeadErased, TouchReviewed, RetryWork, DiscardWork, at_once=2
)
WORKS = (CALL, EMAIL, DUE_PHONE, DUE_EMAIL, UNANSWERED, FALLBACK, LINK, SWITCH, ORDERS)
SAYS = (
    TouchSent,
    TouchDelivered,
    TouchFailed,
    TouchSkipped,
    TouchDeferred,
    TouchUncertain,
    TouchLookedUp,
    TouchUnknown,
    TouchHeld,
    ProviderAway,
    ProviderBack,
    CallAnswered,
    CallUnanswered,
    ReplyReceived,
    LeadOptedOut,
    WorkFailed,
)

Turned = Annotated[OutboundPaused | OutboundResumed, Field(discriminator="topic")]
Order = Annotated[
    LeadPaused | LeadUnpaused | LeadStopped | LeadErased | TouchReviewed | RetryWork | DiscardWork,
    Field(discriminator="topic"),
]

router = RabbitRouter()


@router.subscriber(CALL.queue, EVENTS, channel=CALL.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created_call(event: LeadCreated, deps: FromApp) -> None:
    for touch in first_contact(event, deps):
        if touch.channel is not Channel.EMAIL:
            await make(touch, event.card, deps, at_once=True)


@router.subscriber(EMAIL.queue, EVENTS, channel=EMAIL.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created_email(event: LeadCreated, deps: FromApp) -> None:
    for touch in first_contact(event, deps):
        if touch.channel is Channel.EMAIL:
            await make(touch, event.card, deps, at_once=True)


@router.subscriber(DUE_PHONE.queue, EVENTS, channel=DUE_PHONE.channel, ack_policy=ACKNOWLEDGE)
async def on_touch_due_phone(event: TouchDue, deps: FromApp) -> None:
    if event.channel is not Channel.EMAIL:
        await make_due(event, deps)


@router.subscriber(DUE_EMAIL.queue, EVENTS, channel=DUE_EMAIL.channel, ack_policy=ACKNOWLEDGE)
async def on_touch_due_email(event: TouchDue, deps: FromApp) -> None:
    if event.channel is Channel.EMAIL:
        await make_due(event, deps)


@router.subscriber(UNANSWERED.queue, EVENTS, channel=UNANSWERED.channel, ack_policy=ACKNOWLEDGE)
async def on_call_unanswered(event: CallUnanswered, deps: FromApp) -> None:
    touch, card = await deps.store.made(event.touch_id)
    if (following := touch.following(card)) is not None:
        await make(following, card, deps)


@router.subscriber(FALLBACK.queue, EVENTS, channel=FALLBACK.channel, ack_policy=ACKNOWLEDGE)
async def on_touch_failed(event: TouchFailed, deps: FromApp) -> None:
    if event.kind is FailureKind.OPTED_OUT:
        await deps.store.opt_out_lead(event.lead_id, event.channel, event.reason)
    touch, card = await deps.store.made(event.touch_id)
    if event.kind is FailureKind.BAD_ADDRESS and touch.address is not None:
        await deps.store.nobody_is_at(touch.address)
    if (following := after_failure(touch, event.kind, card)) is not None:
        await make(following, card, deps)


@router.subscriber(LINK.queue, EVENTS, channel=LINK.channel, ack_policy=ACKNOWLEDGE)
async def on_reply_received(event: ReplyReceived, deps: FromApp) -> None:
    if event.intent is Intent.WANTS_LINK:
        card = await deps.store.card_of(event.lead_id)
        await make(asked_for_link(event.lead_id, card), card, deps)


@router.subscriber(SWITCH.queue, EVENTS, channel=SWITCH.channel, ack_policy=ACKNOWLEDGE)
async def on_switch(event: Turned, deps: FromApp) -> None:
    await deps.switch.turn(event)


@router.subscriber(ORDERS.queue, EVENTS, channel=ORDERS.channel, ack_policy=ACKNOWLEDGE)
async def on_order(event: Order, deps: FromApp) -> None:
    match event:
        case LeadPaused() | LeadUnpaused():
            await deps.orders.pause(event)
        case LeadStopped():
            await deps.orders.stop(event)
        case LeadErased():
            await deps.erase(event.lead_id)
        case TouchReviewed():
            await deps.orders.review(event)
        case RetryWork() | DiscardWork():
            await deps.failed_work(event)


def first_contact(event: LeadCreated, deps: Deps) -> list[Touch]:
    zone, region = deps.settings.timezone, deps.settings.default_region
    return list(first_touches(event, deps.journey, deps.now(), zone=zone, region=region))


async def make_due(event: TouchDue, deps: Deps) -> None:
    card = await deps.store.card_of(event.lead_id)
    await make(Touch.due(event, card), card, deps)
