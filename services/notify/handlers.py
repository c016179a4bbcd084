"""What notify does when an event arrives. Each channel has its own queue, so none waits for another."""

from faststream.rabbit import RabbitRouter

from contracts.call import CallAnswered, CallUnanswered
from contracts.lead import LeadCreated, LeadOptedOut
from contracts.reply import Intent, ReplyReceived
from contracts.touch import Channel, FailureKind, TouchDelivered, TouchFailed, TouchSent, TouchSkipped, TouchUncertain
from kit.bus import ACKNOWLEDGE, EVENTS, work
from services.notify.decisions.fallback import after_failure, after_link_request, after_unanswered
from services.notify.deps import FromApp
from services.notify.outreach import make
from services.notify.touches import WELCOME, Touch

CALL = work("notify.call", LeadCreated, at_once=80)
EMAIL = work("notify.email", LeadCreated, at_once=8)  # few at once: a burst's calls come first
WHATSAPP = work("notify.whatsapp", CallUnanswered, at_once=20)
LINK = work("notify.link", ReplyReceived, at_once=10)
FALLBACK = work("notify.fallback", TouchFailed, at_once=20)
WORKS = (CALL, EMAIL, WHATSAPP, LINK, FALLBACK)
SAYS = (
    TouchSent,
    TouchDelivered,
    TouchFailed,
    TouchSkipped,
    TouchUncertain,
    CallAnswered,
    CallUnanswered,
    ReplyReceived,
    LeadOptedOut,
)

router = RabbitRouter()


@router.subscriber(CALL.queue, EVENTS, channel=CALL.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created_call(event: LeadCreated, deps: FromApp) -> None:
    await make(Touch.planned(event.lead_id, WELCOME, Channel.CALL, WELCOME, event.card), event.card, deps)


@router.subscriber(EMAIL.queue, EVENTS, channel=EMAIL.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created_email(event: LeadCreated, deps: FromApp) -> None:
    await make(Touch.planned(event.lead_id, WELCOME, Channel.EMAIL, WELCOME, event.card), event.card, deps)


@router.subscriber(WHATSAPP.queue, EVENTS, channel=WHATSAPP.channel, ack_policy=ACKNOWLEDGE)
async def on_call_unanswered(event: CallUnanswered, deps: FromApp) -> None:
    card = await deps.store.card_of(event.lead_id)
    await make(after_unanswered(event.lead_id, event.step, card), card, deps)


@router.subscriber(LINK.queue, EVENTS, channel=LINK.channel, ack_policy=ACKNOWLEDGE)
async def on_reply_received(event: ReplyReceived, deps: FromApp) -> None:
    if event.intent is Intent.WANTS_LINK:
        card = await deps.store.card_of(event.lead_id)
        await make(after_link_request(event.lead_id, card), card, deps)


@router.subscriber(FALLBACK.queue, EVENTS, channel=FALLBACK.channel, ack_policy=ACKNOWLEDGE)
async def on_touch_failed(event: TouchFailed, deps: FromApp) -> None:
    if event.kind is FailureKind.OPTED_OUT:
        await deps.store.opt_out_lead(event.lead_id, event.channel, event.reason)
    card = await deps.store.card_of(event.lead_id)
    following = after_failure(event.lead_id, event.step, event.channel, event.kind, card)
    if following is not None:
        await make(following, card, deps)
