"""One touch, made: ask, claim it, decide, act, record."""

import time
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace

import structlog

from contracts.lead import LeadCard
from contracts.outbound import ProviderAway, ProviderBack
from contracts.phone import NumberStanding, country_of_number, standing_of
from contracts.touch import Channel, HoldReason, Kind, SkipReason
from journey.zones import NOWHERE
from kit.breaker import Breaker
from kit.failures import Unavailable, describe
from providers.answers import Barred, RefusedTouch, Unclear
from services.notify.decisions.sending import Defer, Facts, Hold, Leave, Send, Skip, decide
from services.notify.deps import Deps
from services.notify.permission import FREELY, Permission
from services.notify.touches import State, Touch

log = structlog.get_logger()


async def make(
    touch: Touch,
    card: LeadCard,
    deps: Deps,
    *,
    at_once: bool = False,
    from_state: State = State.PLANNED,
    check_in: float | None = None,
    perhaps_sent: bool = False,
) -> None:
    """Sends the touch unless it was sent, must not be, or cannot be. Raises Unavailable when it was surely not sent.

    Where it was `perhaps_sent` before, it goes now or never by itself: what would wait is left to a person.

    `at_once` is the answer to a form that has just come: nobody can have booked yet, so nobody is asked. `check_in`
    is after how many seconds the clock tries again what is Unavailable, where no message of the bus does.
    """
    freely = at_once or touch.kind is Kind.ASKED_FOR
    asking: AbstractAsyncContextManager[Permission] = (
        nullcontext(FREELY) if freely else deps.crm.permission(touch.lead_id)
    )
    async with asking as permission:
        turn_ends = time.monotonic() + deps.settings.touch_lease - deps.settings.provider_timeout
        facts, attempt = await deps.store.claim(touch, card, from_state=from_state, standing=permission.standing)
        match decide(touch, _known(facts, touch, deps), deps.now()):
            case Leave():
                log.info("touch.left", touch_id=str(touch.touch_id), channel=touch.channel)
            case Defer() | Skip(SkipReason.BOOKED | SkipReason.BOOKED_ELSEWHERE) if perhaps_sent:
                await deps.store.put_back(touch, attempt, "perhaps sent before", to=State.UNCERTAIN, check_in=None)
                await deps.store.unknown(touch)
                log.error("touch.left_to_a_person", touch_id=str(touch.touch_id), channel=touch.channel)
            case Skip(reason):
                await deps.store.skipped(touch, attempt, reason)
                log.info("touch.skipped", touch_id=str(touch.touch_id), channel=touch.channel, reason=reason)
            case Defer(why):
                await deps.store.deferred(touch, attempt, why)
                log.info("touch.deferred", touch_id=str(touch.touch_id), channel=touch.channel, reason=why)
            case Hold(reason):
                await _hold(touch, reason, facts, attempt, deps, from_state)
            case Send() if not deps.breakers[touch.channel].admits(time.monotonic()):
                await _hold(touch, HoldReason.PROVIDER_AWAY, facts, attempt, deps, from_state)
            case Send(address):
                # a worker that stood still finds its turn over: another may have the touch in hand by now
                if time.monotonic() > min(permission.good_until, turn_ends):
                    await deps.store.put_back(touch, attempt, "its turn was over", to=from_state, check_in=1)
                    raise Unavailable("its turn was over before the touch was sent")
                await _send(touch, address, card, facts, attempt, deps, from_state, check_in)


def _known(facts: Facts, touch: Touch, deps: Deps) -> Facts:
    """The facts, with those that this process knows by itself."""
    by_phone = touch.channel is not Channel.EMAIL and touch.address is not None
    country = country_of_number(touch.address) or NOWHERE if by_phone and touch.address is not None else None
    return replace(
        facts,
        abroad=country is not None and country not in deps.settings.countries,
        unusable=by_phone and touch.address is not None and standing_of(touch.address) is NumberStanding.UNUSABLE,
        spent=not deps.budget.allows(touch.channel),
    )


async def _hold(touch: Touch, reason: HoldReason, facts: Facts, attempt: int, deps: Deps, from_state: State) -> None:
    known = facts.held_for == reason
    await deps.store.held(touch, attempt, reason, to=from_state, known=known)
    if not known:
        log.warning("touch.held", touch_id=str(touch.touch_id), channel=touch.channel, reason=reason)


async def _send(
    touch: Touch,
    address: str,
    card: LeadCard,
    facts: Facts,
    attempt: int,
    deps: Deps,
    from_state: State,
    check_in: float | None,
) -> None:
    checks, breaker = deps.settings.checks, deps.breakers[touch.channel]
    about = {"lead_id": touch.lead_id, "touch_id": str(touch.touch_id), "channel": touch.channel, "step": touch.step}
    deps.budget.spend(touch.channel)
    sender = deps.senders[touch.channel]
    text, asked_at = sender.render(touch, card), deps.now()
    try:
        ref = await sender.send(touch, address, card, text, in_session=facts.in_session)
    except Unavailable as outage:
        await deps.store.put_back(touch, attempt, str(outage), to=from_state, check_in=check_in)
        await failed(breaker, outage, deps)
        raise
    except RefusedTouch as refused:
        await deps.store.failed(touch, attempt, refused.kind, refused.reason)
        await worked(breaker, deps)
        log.warning("touch.failed", **about, kind=refused.kind, reason=refused.reason)
    except Unclear as unclear:
        check_in = checks[min(attempt, len(checks)) - 1]
        answered = unclear.answered
        await deps.store.uncertain(touch, attempt, str(unclear), text, check_in=check_in, answered=answered)
        await failed(breaker, unclear, deps)
        log.warning("touch.uncertain", **about, reason=describe(unclear))
    else:
        await deps.store.sent(touch, attempt, ref, text, asked_at=asked_at)
        await worked(breaker, deps)
        log.info("touch.sent", **about, ref=ref)


async def failed(breaker: Breaker, error: Unavailable | Unclear, deps: Deps) -> None:
    """Notes that a company did not do its part, and says when that makes its touches wait."""
    wait = error.retry_after if isinstance(error, Unavailable) else 0.0
    if breaker.failed(str(error), time.monotonic(), wait=wait, hopeless=isinstance(error, Barred)):
        log.error("provider.away", provider=breaker.provider, reason=str(error))
        await deps.store.say(ProviderAway(provider=breaker.provider, reason=str(error)))


async def worked(breaker: Breaker, deps: Deps) -> None:
    """Notes that a company answered, and says when that lets its touches go."""
    if breaker.worked():
        log.info("provider.back", provider=breaker.provider)
        await deps.store.say(ProviderBack(provider=breaker.provider))
