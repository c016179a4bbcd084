"""The consumers of notify.

First contact and each provider have their own queues, so that none waits for another.
"""

from typing import Annotated

from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.commands.address import RestoreAddress
from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import RestoreLead, StopLead
from contracts.commands.outbound import PauseOutbound, ResumeOutbound
from contracts.commands.touch import ReleaseTouches, ResolveTouch
from contracts.events.address import AddressRestored, AddressSuspended
from contracts.events.booking import BookingUnmatched
from contracts.events.call import CallAnswered, CallUnanswered
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
from contracts.events.journey import JourneyPublished
from contracts.events.lead import (
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadPaused,
    LeadRestored,
    LeadResumed,
    LeadUpdated,
)
from contracts.events.link import LinkOpened
from contracts.events.outbound import (
    OutboundPaused,
    OutboundResumed,
    ProviderRecovered,
    ProviderUnavailable,
    SpendingReached,
)
from contracts.events.reply import ReplyReceived, ReplyUnmatched
from contracts.events.submission import InquiryReceived
from contracts.events.touch import (
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
from domain.channels import AddressKind, channels_to
from kit.messaging.broker import ACKNOWLEDGE, COMMAND_EXCHANGE, EVENT_EXCHANGE, queue
from services.notify.deps import BusDeps
from services.notify.use_cases.answer_form import answer_form
from services.notify.use_cases.deliver_due import deliver_due
from services.notify.use_cases.end_links import end_links
from services.notify.use_cases.erase_lead import erase_lead
from services.notify.use_cases.expect_form import expect_form
from services.notify.use_cases.fall_back import fall_back_after_call, fall_back_after_failure
from services.notify.use_cases.pause_lead import pause_lead
from services.notify.use_cases.receive_joined_message import receive_joined_message
from services.notify.use_cases.release_touches import release_touches
from services.notify.use_cases.resolve_touch import resolve_touch
from services.notify.use_cases.restore_address import restore_address
from services.notify.use_cases.restore_lead import restore_lead
from services.notify.use_cases.send_link import send_link
from services.notify.use_cases.stop_lead import stop_lead
from services.notify.use_cases.switch_outbound import switch_outbound

BY_PHONE = channels_to(AddressKind.PHONE)
BY_EMAIL = channels_to(AddressKind.EMAIL)

CALL = queue("notify.call", LeadCreated, LeadUpdated, prefetch=80)
# few at once, so that the calls of a burst come first
EMAIL = queue("notify.email", LeadCreated, LeadUpdated, prefetch=8)
DUE_PHONE = queue("notify.due_phone", *TouchDue.on(*BY_PHONE), prefetch=20)
DUE_EMAIL = queue("notify.due_email", *TouchDue.on(*BY_EMAIL), prefetch=8)
UNANSWERED = queue("notify.unanswered", CallUnanswered, prefetch=20)
FALLBACK = queue("notify.fallback", TouchFailed, prefetch=20)
LINK = queue("notify.link", ReplyReceived, prefetch=10)
# a queue of its own, so that it overtakes everything
SWITCH = queue("notify.switch", PauseOutbound, ResumeOutbound, prefetch=1)
CHANGES = queue(
    "notify.changes",
    LeadPaused,
    LeadResumed,
    LeadErased,
    LeadClosed,
    BookingUnmatched,
    prefetch=2,
)
COMMANDS = queue(
    "notify.commands",
    StopLead,
    RestoreLead,
    ResolveTouch,
    ReleaseTouches,
    RestoreAddress,
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
    ReplyUnmatched,
    InquiryReceived,
    LinkOpened,
    LeadOptedOut,
    LeadRestored,
    LeadNeedsAttention,
    OutboundPaused,
    OutboundResumed,
    TouchResolved,
    TouchesReleased,
    AddressSuspended,
    AddressRestored,
    WorkFailed,
    WorkRetried,
    WorkDiscarded,
)

SwitchCommand = Annotated[PauseOutbound | ResumeOutbound, Field(discriminator="topic")]
LeadChange = Annotated[
    LeadPaused | LeadResumed | LeadErased | LeadClosed | BookingUnmatched,
    Field(discriminator="topic"),
]
AnyCommand = Annotated[
    StopLead
    | RestoreLead
    | ResolveTouch
    | ReleaseTouches
    | RestoreAddress
    | RetryWork
    | DiscardWork,
    Field(discriminator="topic"),
]
Arrived = Annotated[LeadCreated | LeadUpdated, Field(discriminator="topic")]

router = RabbitRouter()


@router.subscriber(CALL.queue, EVENT_EXCHANGE, channel=CALL.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_arrived_call(event: Arrived, deps: BusDeps) -> None:
    await answer_form(event, deps, lambda touch: touch.channel in BY_PHONE)
    await receive_joined_message(event, deps.database)


@router.subscriber(EMAIL.queue, EVENT_EXCHANGE, channel=EMAIL.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_arrived_email(event: Arrived, deps: BusDeps) -> None:
    await answer_form(event, deps, lambda touch: touch.channel in BY_EMAIL)


@router.subscriber(
    DUE_PHONE.queue, EVENT_EXCHANGE, channel=DUE_PHONE.channel, ack_policy=ACKNOWLEDGE
)
async def on_touch_due_phone(event: TouchDue, deps: BusDeps) -> None:
    await deliver_due(event, deps)


@router.subscriber(
    DUE_EMAIL.queue, EVENT_EXCHANGE, channel=DUE_EMAIL.channel, ack_policy=ACKNOWLEDGE
)
async def on_touch_due_email(event: TouchDue, deps: BusDeps) -> None:
    await deliver_due(event, deps)


@router.subscriber(
    UNANSWERED.queue, EVENT_EXCHANGE, channel=UNANSWERED.channel, ack_policy=ACKNOWLEDGE
)
async def on_call_unanswered(event: CallUnanswered, deps: BusDeps) -> None:
    await fall_back_after_call(event, deps)


@router.subscriber(FALLBACK.queue, EVENT_EXCHANGE, channel=FALLBACK.channel, ack_policy=ACKNOWLEDGE)
async def on_touch_failed(event: TouchFailed, deps: BusDeps) -> None:
    await fall_back_after_failure(event, deps)


@router.subscriber(LINK.queue, EVENT_EXCHANGE, channel=LINK.channel, ack_policy=ACKNOWLEDGE)
async def on_reply_received(event: ReplyReceived, deps: BusDeps) -> None:
    await send_link(event, deps)


@router.subscriber(SWITCH.queue, COMMAND_EXCHANGE, channel=SWITCH.channel, ack_policy=ACKNOWLEDGE)
async def on_switch(command: SwitchCommand, deps: BusDeps) -> None:
    await switch_outbound(command, deps.switch)


@router.subscriber(CHANGES.queue, EVENT_EXCHANGE, channel=CHANGES.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_changed(event: LeadChange, deps: BusDeps) -> None:
    match event:
        case LeadPaused() | LeadResumed():
            await pause_lead(event, deps.database)
        case LeadErased():
            await erase_lead(event.lead_id, deps.database)
        case LeadClosed():
            await end_links(event.lead_id, deps.database)
        case BookingUnmatched():
            await expect_form(event, deps.database)


@router.subscriber(
    COMMANDS.queue, COMMAND_EXCHANGE, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE
)
async def on_command(command: AnyCommand, deps: BusDeps) -> None:
    match command:
        case StopLead():
            await stop_lead(command, deps.database)
        case RestoreLead():
            await restore_lead(command, deps.database)
        case ResolveTouch():
            await resolve_touch(command, deps.database)
        case ReleaseTouches():
            await release_touches(command, deps.database)
        case RestoreAddress():
            await restore_address(command, deps.database)
        case RetryWork() | DiscardWork():
            await deps.failed_work(command)


@router.subscriber(JOURNEYS.queue, EVENT_EXCHANGE, channel=JOURNEYS.channel, ack_policy=ACKNOWLEDGE)
async def on_journey_published(event: JourneyPublished, deps: BusDeps) -> None:
    await deps.journeys.keep(event)
