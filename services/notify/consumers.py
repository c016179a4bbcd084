"""What notify does when an event arrives. First contact and each provider have queues of their own: none waits."""

from collections.abc import Callable
from typing import Annotated

from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import StopLead
from contracts.commands.outbound import PauseOutbound, ResumeOutbound
from contracts.commands.touch import ReleaseTouches, ResolveTouch
from contracts.events.call import CallAnswered, CallUnanswered
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
from contracts.events.journey import JourneyPublished
from contracts.events.lead import (
    LeadCreated,
    LeadErased,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadPaused,
    LeadResumed,
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
    TouchChecked,
    TouchDeferred,
    TouchDelayed,
    TouchDelivered,
    TouchDue,
    TouchesReleased,
    TouchFailed,
    TouchHeld,
    TouchResolved,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
)
from kit.messaging.broker import ACKNOWLEDGE, COMMAND_EXCHANGE, EVENT_EXCHANGE, queue
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

BY_PHONE = tuple(channel for channel in Channel if channel is not Channel.EMAIL)

CALL = queue("notify.call", LeadCreated, LeadUpdated, prefetch=80)
EMAIL = queue(
    "notify.email", LeadCreated, LeadUpdated, prefetch=8
)  # few at once: a burst's calls come first
DUE_PHONE = queue("notify.due_phone", *TouchDue.on(*BY_PHONE), prefetch=20)
DUE_EMAIL = queue("notify.due_email", *TouchDue.on(Channel.EMAIL), prefetch=8)
UNANSWERED = queue("notify.unanswered", CallUnanswered, prefetch=20)
FALLBACK = queue("notify.fallback", TouchFailed, prefetch=20)
LINK = queue("notify.link", ReplyReceived, prefetch=10)
# a queue of its own, so that it overtakes everything
SWITCH = queue("notify.switch", PauseOutbound, ResumeOutbound, prefetch=1)
CHANGES = queue("notify.changes", LeadPaused, LeadResumed, LeadErased, prefetch=2)
COMMANDS = queue(
    "notify.commands",
    StopLead,
    ResolveTouch,
    ReleaseTouches,
    RetryWork,
    DiscardWork,
    prefetch=2,
)
JOURNEYS = queue("notify.journeys", JourneyPublished, prefetch=1)
QUEUES = (
    CALL,
    EMAIL,
    DUE_PHONE,
    DUE_EMAIL,
    UNANSWERED,
    FALLBACK,
    LINK,
    SWITCH,
    CHANGES,
    COMMANDS,
    JOURNEYS,
)
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
    OutboundPaused,
    OutboundResumed,
    TouchResolved,
    TouchesReleased,
    WorkFailed,
    WorkRetried,
    WorkDiscarded,
)

SwitchCommand = Annotated[PauseOutbound | ResumeOutbound, Field(discriminator="topic")]
LeadChange = Annotated[LeadPaused | LeadResumed | LeadErased, Field(discriminator="topic")]
AnyCommand = Annotated[
    StopLead | ResolveTouch | ReleaseTouches | RetryWork | DiscardWork,
    Field(discriminator="topic"),
]
Arrived = Annotated[LeadCreated | LeadUpdated, Field(discriminator="topic")]

router = RabbitRouter()


@router.subscriber(CALL.queue, EVENT_EXCHANGE, channel=CALL.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_arrived_call(event: Arrived, deps: FromApp) -> None:
    await answer(event, deps, lambda touch: touch.channel is not Channel.EMAIL)


@router.subscriber(EMAIL.queue, EVENT_EXCHANGE, channel=EMAIL.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_arrived_email(event: Arrived, deps: FromApp) -> None:
    await answer(event, deps, lambda touch: touch.channel is Channel.EMAIL)


@router.subscriber(
    DUE_PHONE.queue, EVENT_EXCHANGE, channel=DUE_PHONE.channel, ack_policy=ACKNOWLEDGE
)
async def on_touch_due_phone(event: TouchDue, deps: FromApp) -> None:
    await make_due(event, deps)


@router.subscriber(
    DUE_EMAIL.queue, EVENT_EXCHANGE, channel=DUE_EMAIL.channel, ack_policy=ACKNOWLEDGE
)
async def on_touch_due_email(event: TouchDue, deps: FromApp) -> None:
    await make_due(event, deps)


@router.subscriber(
    UNANSWERED.queue, EVENT_EXCHANGE, channel=UNANSWERED.channel, ack_policy=ACKNOWLEDGE
)
async def on_call_unanswered(event: CallUnanswered, deps: FromApp) -> None:
    touch, card = await deps.store.get_touch(event.touch_id)
    if (following := touch.following(card)) is not None:
        await make(following, card, deps)


@router.subscriber(FALLBACK.queue, EVENT_EXCHANGE, channel=FALLBACK.channel, ack_policy=ACKNOWLEDGE)
async def on_touch_failed(event: TouchFailed, deps: FromApp) -> None:
    if event.kind is FailureKind.OPTED_OUT:
        await opted_out(event, deps)
    touch, card = await deps.store.get_touch(event.touch_id)
    if event.kind is FailureKind.BAD_ADDRESS and touch.address is not None:
        await deps.leads.mark_undeliverable(touch.address)
    if (following := after_failure(touch, event.kind, card)) is not None:
        await make(following, card, deps)


@router.subscriber(LINK.queue, EVENT_EXCHANGE, channel=LINK.channel, ack_policy=ACKNOWLEDGE)
async def on_reply_received(event: ReplyReceived, deps: FromApp) -> None:
    if event.intent is Intent.WANTS_LINK:
        form = (await deps.leads.known(event.lead_id)).form(Channel.CALL)
        await make(asked_for_link(event.lead_id, form, asked_at=event.at), form.card, deps)


@router.subscriber(SWITCH.queue, COMMAND_EXCHANGE, channel=SWITCH.channel, ack_policy=ACKNOWLEDGE)
async def on_switch(command: SwitchCommand, deps: FromApp) -> None:
    match command:
        case PauseOutbound():
            fact: OutboundPaused | OutboundResumed = OutboundPaused(
                event_id=command.fact_id, at=command.at, by=command.by, reason=command.reason
            )
        case ResumeOutbound():
            fact = OutboundResumed(event_id=command.fact_id, at=command.at, by=command.by)
    await deps.switch.set(fact, publish=True)


@router.subscriber(CHANGES.queue, EVENT_EXCHANGE, channel=CHANGES.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_changed(event: LeadChange, deps: FromApp) -> None:
    match event:
        case LeadPaused() | LeadResumed():
            await deps.commands.pause(event)
        case LeadErased():
            await deps.erase(event.lead_id)


@router.subscriber(
    COMMANDS.queue, COMMAND_EXCHANGE, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE
)
async def on_command(command: AnyCommand, deps: FromApp) -> None:
    match command:
        case StopLead():
            await deps.commands.stop(command)
        case ResolveTouch():
            await deps.commands.resolve(command)
        case ReleaseTouches():
            await deps.store.release_held(command)
        case RetryWork() | DiscardWork():
            await deps.failed_work(command)


@router.subscriber(JOURNEYS.queue, EVENT_EXCHANGE, channel=JOURNEYS.channel, ack_policy=ACKNOWLEDGE)
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
