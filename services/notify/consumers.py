"""What notify does when an event arrives. First contact and each provider have queues of their own: none waits."""

from collections.abc import Callable
from typing import Annotated

from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.events.call import CallAnswered, CallUnanswered
from contracts.events.failed_work import DiscardWork, RetryWork, WorkFailed
from contracts.events.journey import JourneyPublished
from contracts.events.lead import (
    LeadCreated,
    LeadErased,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadPaused,
    LeadResumed,
    LeadStopped,
    LeadUpdated,
)
from contracts.events.outbound import (
    OutboundPaused,
    OutboundResumed,
    ProviderRecovered,
    ProviderUnavailable,
    SpendingReached,
)
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import (
    Channel,
    FailureKind,
    ReleaseTouches,
    TouchChecked,
    TouchDeferred,
    TouchDelayed,
    TouchDelivered,
    TouchDue,
    TouchFailed,
    TouchHeld,
    TouchReviewed,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
)
from kit.messaging.broker import ACKNOWLEDGE, EVENTS, queue
from services.notify.decisions.addressing import booked_from
from services.notify.decisions.fallback import after_failure
from services.notify.decisions.first_contact import (
    already_booked,
    asked_for_link,
    first_touches,
    may_have_booked,
)
from services.notify.delivery import make
from services.notify.deps import Deps, FromApp
from services.notify.touches import Touch

CALL = queue("notify.call", LeadCreated, LeadUpdated, prefetch=80)
EMAIL = queue(
    "notify.email", LeadCreated, LeadUpdated, prefetch=8
)  # few at once: a burst's calls come first
DUE_PHONE = queue("notify.due_phone", TouchDue, prefetch=20)
DUE_EMAIL = queue("notify.due_email", TouchDue, prefetch=8)
UNANSWERED = queue("notify.unanswered", CallUnanswered, prefetch=20)
FALLBACK = queue("notify.fallback", TouchFailed, prefetch=20)
LINK = queue("notify.link", ReplyReceived, prefetch=10)
SWITCH = queue(
    "notify.switch", OutboundPaused, OutboundResumed, prefetch=1
)  # of its own: it overtakes everything
COMMANDS = queue(
    "notify.commands",
    *(
        LeadPaused,
        LeadResumed,
        LeadStopped,
        LeadErased,
        TouchReviewed,
        RetryWork,
        DiscardWork,
        ReleaseTouches,
    ),
    prefetch=2,
)
JOURNEYS = queue("notify.journeys", JourneyPublished, prefetch=1)
QUEUES = (CALL, EMAIL, DUE_PHONE, DUE_EMAIL, UNANSWERED, FALLBACK, LINK, SWITCH, COMMANDS, JOURNEYS)
PUBLISHES = (
    TouchSent,
    TouchDelivered,
    TouchFailed,
    TouchSkipped,
    TouchDeferred,
    TouchUncertain,
    TouchChecked,
    TouchUnresolved,
    TouchHeld,
    TouchDelayed,
    ProviderUnavailable,
    ProviderRecovered,
    SpendingReached,
    CallAnswered,
    CallUnanswered,
    ReplyReceived,
    LeadOptedOut,
    LeadNeedsAttention,
    WorkFailed,
)

Turned = Annotated[OutboundPaused | OutboundResumed, Field(discriminator="topic")]
Order = Annotated[
    LeadPaused
    | LeadResumed
    | LeadStopped
    | LeadErased
    | TouchReviewed
    | RetryWork
    | DiscardWork
    | ReleaseTouches,
    Field(discriminator="topic"),
]
Arrived = Annotated[LeadCreated | LeadUpdated, Field(discriminator="topic")]

router = RabbitRouter()


@router.subscriber(CALL.queue, EVENTS, channel=CALL.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_arrived_call(event: Arrived, deps: FromApp) -> None:
    await answer(event, deps, lambda touch: touch.channel is not Channel.EMAIL)


@router.subscriber(EMAIL.queue, EVENTS, channel=EMAIL.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_arrived_email(event: Arrived, deps: FromApp) -> None:
    await answer(event, deps, lambda touch: touch.channel is Channel.EMAIL)


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
    touch, card = await deps.store.get_touch(event.touch_id)
    if (following := touch.following(card)) is not None:
        await make(following, card, deps)


@router.subscriber(FALLBACK.queue, EVENTS, channel=FALLBACK.channel, ack_policy=ACKNOWLEDGE)
async def on_touch_failed(event: TouchFailed, deps: FromApp) -> None:
    if event.kind is FailureKind.OPTED_OUT:
        await opted_out(event, deps)
    touch, card = await deps.store.get_touch(event.touch_id)
    if event.kind is FailureKind.BAD_ADDRESS and touch.address is not None:
        await deps.leads.mark_undeliverable(touch.address)
    if (following := after_failure(touch, event.kind, card)) is not None:
        await make(following, card, deps)


@router.subscriber(LINK.queue, EVENTS, channel=LINK.channel, ack_policy=ACKNOWLEDGE)
async def on_reply_received(event: ReplyReceived, deps: FromApp) -> None:
    if event.intent is Intent.WANTS_LINK:
        form = (await deps.leads.known(event.lead_id)).form(Channel.CALL)
        await make(asked_for_link(event.lead_id, form, asked_at=event.at), form.card, deps)


@router.subscriber(SWITCH.queue, EVENTS, channel=SWITCH.channel, ack_policy=ACKNOWLEDGE)
async def on_switch(event: Turned, deps: FromApp) -> None:
    await deps.switch.set(event)


@router.subscriber(COMMANDS.queue, EVENTS, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE)
async def on_command(event: Order, deps: FromApp) -> None:
    match event:
        case LeadPaused() | LeadResumed():
            await deps.orders.pause(event)
        case LeadStopped():
            await deps.orders.stop(event)
        case LeadErased():
            await deps.erase(event.lead_id)
        case TouchReviewed():
            await deps.orders.review(event)
        case RetryWork() | DiscardWork():
            await deps.failed_work(event)
        case ReleaseTouches():
            await deps.store.release_held(event)


@router.subscriber(JOURNEYS.queue, EVENTS, channel=JOURNEYS.channel, ack_policy=ACKNOWLEDGE)
async def on_journey_published(event: JourneyPublished, deps: FromApp) -> None:
    await deps.journeys.keep(event)


async def answer(
    event: LeadCreated | LeadUpdated, deps: Deps, concerns: Callable[[Touch], bool]
) -> None:
    """Makes the touches that answer a form, as far as they concern the caller."""
    if isinstance(event, LeadUpdated):
        await deps.leads.keep(event)
    journey = await deps.journeys.of(event.journey)
    new = isinstance(event, LeadCreated) and not event.person_is_known
    if may_have_booked(event, journey):
        async with deps.crm.permission(event.lead_id, event.person_id) as permission:
            meeting = permission.standing.meeting
        if meeting is not None:
            reminder = already_booked(event, meeting)
            if concerns(reminder):
                await make(reminder, event.card, deps)
            return
    zone, region = deps.settings.timezone, deps.settings.default_region
    for touch in first_touches(event, journey, deps.now(), zone=zone, region=region):
        if concerns(touch):
            await make(touch, event.card, deps, answers_form=new)


async def make_due(event: TouchDue, deps: Deps) -> None:
    """Makes a touch whose time has come, at the address that the rules choose."""
    known = await deps.leads.known(event.lead_id)
    form, booked = known.form(event.channel), booked_from(event.kind, event.channel, event.booking)
    if booked is not None:
        await deps.leads.alive(booked)
    await make(Touch.due(event, form, address=booked), form.card, deps)


async def opted_out(event: TouchFailed, deps: Deps) -> None:
    """A provider says that the person blocked us at the address that the touch went to."""
    touch, _ = await deps.store.get_touch(event.touch_id)
    if touch.address is not None:
        await deps.leads.opt_out_at(touch.address, event.channel, event.reason)
