"""One touch, made: ask, claim it, decide, act, record."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from contracts.events.lead import LeadCard
from contracts.events.outbound import ProviderRecovered, ProviderUnavailable
from contracts.events.touch import Channel, HoldReason, Kind, TouchDelayed
from domain.journey.contact_hours import legal_opening, waking_opening
from domain.journey.law import law_of
from domain.journey.time_zones import Whereabouts, whereabouts
from domain.phone import NumberStatus, number_status
from kit.circuit_breaker import CircuitBreaker
from kit.errors import Unavailable, describe
from kit.messaging.broker import retry_delay
from providers.errors import CredentialsRejected, OutcomeUnknown, RefusedTouch
from services.notify.crm_client import ALWAYS_ALLOWED, CrmUnavailable, Permission
from services.notify.decisions.limits import Limit, limit_of
from services.notify.decisions.sending import OPEN, Defer, Facts, Hold, Ignore, Send, Skip, decide
from services.notify.deps import Deps
from services.notify.repositories.ledger import Claim
from services.notify.touches import NOT_AGAIN, State, Touch

log = structlog.get_logger()


async def make(
    touch: Touch,
    card: LeadCard,
    deps: Deps,
    *,
    answers_form: bool = False,
    from_state: State = State.PLANNED,
    check_in: float | None = None,
    perhaps_sent: bool = False,
) -> None:
    """Sends the touch unless it was sent, must not be, or cannot be. Raises Unavailable when it was surely not sent.

    Where it was `perhaps_sent` before, it goes now or never by itself: what must not go, or would wait, is asked about.

    `answers_form`: the touch answers a form that has just come. Nobody can have booked yet, so crm is not asked.
    `check_in`: seconds after which a job retries what is Unavailable, where no message of the bus does.
    """
    freely = answers_form or touch.kind is Kind.ASKED_FOR
    async with (
        nullcontext(ALWAYS_ALLOWED) if freely else _permission(touch, deps, check_in) as permission
    ):
        turn_ends = time.monotonic() + deps.settings.touch_lease - deps.settings.provider_timeout
        now, place = deps.now(), _place(touch, card, deps)
        facts, claim = await deps.store.claim(
            touch,
            card,
            from_state=from_state,
            standing=permission.standing,
            limit=_limit(touch, place, now, deps),
            country=place.country,
        )
        match decide(touch, _known(facts, touch, card, place, now, deps), now):
            case Ignore():
                log.info(
                    "touch.already_handled", touch_id=str(touch.touch_id), channel=touch.channel
                )
            case Defer() | Skip() if perhaps_sent:
                check_in = deps.settings.checks[0]
                await deps.store.release(
                    touch, claim, NOT_AGAIN, to=State.UNCERTAIN, check_in=check_in
                )
                log.warning(
                    "touch.not_sent_again", touch_id=str(touch.touch_id), channel=touch.channel
                )
            case Skip(reason):
                await deps.store.skipped(touch, claim, reason)
                log.info(
                    "touch.skipped",
                    touch_id=str(touch.touch_id),
                    channel=touch.channel,
                    reason=reason,
                )
            case Defer() as defer:
                await deps.store.deferred(touch, claim, defer)
                log.info(
                    "touch.deferred",
                    touch_id=str(touch.touch_id),
                    channel=touch.channel,
                    reason=defer.reason,
                )
            case Hold() as hold:
                await _hold(touch, hold, facts, claim, deps, from_state)
            case Send() if not deps.breakers[touch.channel].acquire(time.monotonic()):
                await _hold(
                    touch, Hold(HoldReason.PROVIDER_UNAVAILABLE), facts, claim, deps, from_state
                )
            case Send(address):
                # a worker that stood still finds its turn over: another may have the touch in hand by now
                if time.monotonic() > min(permission.good_until, turn_ends):
                    await deps.store.release(
                        touch, claim, "its turn was over", to=from_state, check_in=1
                    )
                    raise Unavailable("its turn was over before the touch was sent")
                deps.budget.spend(touch, place.country, card)
                await _send(touch, address, card, facts, claim, deps, from_state, check_in)


@asynccontextmanager
async def _permission(
    touch: Touch, deps: Deps, check_in: float | None
) -> AsyncIterator[Permission]:
    """Crm's permission. Raises CrmUnavailable, and says that the touch is delayed by it."""
    try:
        async with deps.crm.permission(touch.lead_id) as permission:
            yield permission
    except CrmUnavailable as outage:
        await deps.store.publish(_delayed(touch, "crm", outage, check_in, deps))
        raise


def _delayed(
    touch: Touch, provider: str, outage: Unavailable, check_in: float | None, deps: Deps
) -> TouchDelayed:
    """What is said of a touch that is tried again by the clock in `check_in` seconds, else by the bus."""
    wait = check_in if check_in is not None else retry_delay(outage)
    again_at = deps.now() + timedelta(seconds=wait) if wait is not None else None
    return TouchDelayed(**touch.about(), provider=provider, reason=str(outage), again_at=again_at)


def _place(touch: Touch, card: LeadCard, deps: Deps) -> Whereabouts:
    """Where the touch goes, as far as its address tells."""
    phone = touch.address if touch.channel is not Channel.EMAIL else card.phone
    return whereabouts(
        card.time_zone, phone, zone=deps.settings.timezone, region=deps.settings.default_region
    )


def _limit(touch: Touch, place: Whereabouts, now: datetime, deps: Deps) -> Limit | None:
    return limit_of(
        touch,
        now,
        zone=place.home,
        calls_per_day=deps.settings.calls_per_day,
        calls_per_week=deps.settings.calls_per_week,
        demonstration=deps.journeys.current.demonstration,
    )


def _known(
    facts: Facts, touch: Touch, card: LeadCard, place: Whereabouts, now: datetime, deps: Deps
) -> Facts:
    """The facts, with those that this process knows by itself."""
    one_channel = (
        law_of(place.country).one_channel_a_week and not deps.journeys.current.demonstration
    )
    if touch.channel is Channel.EMAIL:
        return replace(facts, one_channel_a_week=one_channel)
    if touch.address is None:
        unusable = NumberStatus.UNUSABLE if card.unusable_phone else NumberStatus.USABLE
        return replace(facts, number=unusable)
    return replace(
        facts,
        abroad=place.country not in deps.settings.countries,
        number=number_status(touch.address),
        opens_at=_opens_at(touch, place, now, deps),
        one_channel_a_week=one_channel,
        spent=not deps.budget.allows(touch.channel, place.country),
        cap=deps.budget.cap(touch, place.country, card),
    )


def _opens_at(touch: Touch, place: Whereabouts, now: datetime, deps: Deps) -> datetime | None:
    """When the law, and the hours in which people are awake, next allow it; None where they never do."""
    if deps.journeys.current.demonstration or touch.kind is Kind.MEETING:
        return OPEN  # a meeting's touches keep the hours that the scheduler found
    if touch.kind is Kind.ASKED_FOR:
        if touch.until is None or now < touch.until:
            return OPEN
        span = waking_opening(now, place)
    else:
        span = legal_opening(now, touch.channel, place)
    return span.opens if span is not None else None


async def _hold(
    touch: Touch, hold: Hold, facts: Facts, claim: Claim, deps: Deps, from_state: State
) -> None:
    known = facts.held_for == hold.reason
    await deps.store.held(touch, claim, hold, to=from_state, known=known)
    if not known:
        log.warning(
            "touch.held", touch_id=str(touch.touch_id), channel=touch.channel, reason=hold.reason
        )


async def _send(
    touch: Touch,
    address: str,
    card: LeadCard,
    facts: Facts,
    claim: Claim,
    deps: Deps,
    from_state: State,
    check_in: float | None,
) -> None:
    checks, breaker = deps.settings.checks, deps.breakers[touch.channel]
    about = {
        "lead_id": touch.lead_id,
        "touch_id": str(touch.touch_id),
        "channel": touch.channel,
        "step": touch.step,
    }
    sender = deps.senders[touch.channel]
    text, asked_at = sender.render(touch, card), deps.now()
    try:
        ref = await sender.send(touch, address, card, text, in_session=facts.in_session)
    except Unavailable as outage:
        event = _delayed(touch, breaker.provider, outage, check_in, deps)
        await deps.store.release(
            touch, claim, str(outage), to=from_state, check_in=check_in, event=event
        )
        log.warning("touch.delayed", **about, reason=str(outage), again_at=event.again_at)
        await failed(breaker, outage, deps)
        raise
    except RefusedTouch as refused:
        await deps.store.failed(touch, claim, refused.kind, refused.reason)
        await worked(breaker, deps)
        log.warning("touch.failed", **about, kind=refused.kind, reason=refused.reason)
    except OutcomeUnknown as unclear:
        check_in = checks[min(claim.attempt, len(checks)) - 1]
        answered = unclear.answered
        await deps.store.uncertain(
            touch, claim, str(unclear), text, check_in=check_in, answered=answered
        )
        await failed(breaker, unclear, deps)
        log.warning("touch.uncertain", **about, reason=describe(unclear))
    else:
        await deps.store.sent(touch, claim, ref, text, asked_at=asked_at)
        await worked(breaker, deps)
        log.info("touch.sent", **about, ref=ref)


async def failed(breaker: CircuitBreaker, error: Unavailable | OutcomeUnknown, deps: Deps) -> None:
    """Notes that a company did not do its part, and says when that makes its touches wait."""
    wait = error.retry_after if isinstance(error, Unavailable) else 0.0
    if breaker.record_failure(
        str(error), time.monotonic(), wait=wait, hopeless=isinstance(error, CredentialsRejected)
    ):
        log.error("provider.unavailable", provider=breaker.provider, reason=str(error))
        await deps.store.publish(ProviderUnavailable(provider=breaker.provider, reason=str(error)))


async def worked(breaker: CircuitBreaker, deps: Deps) -> None:
    """Notes that a company answered, and says when that lets its touches go."""
    if breaker.record_success():
        log.info("provider.recovered", provider=breaker.provider)
        await deps.store.publish(ProviderRecovered(provider=breaker.provider))
