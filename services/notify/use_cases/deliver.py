"""Delivers one touch: asks crm, claims the touch, decides, sends, records."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from contracts.api.permits import ContactEligibility
from contracts.events.booking import Booking
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, FailureKind, HoldReason, Kind, TouchDelayed
from domain.channels import AddressKind, facts_of
from domain.journey.contact_hours import legal_opening, waking_opening
from domain.journey.law import law_of
from domain.journey.time_zones import Whereabouts, whereabouts
from domain.phone import NumberStatus, number_status
from kit.errors import Unavailable, describe
from kit.messaging import outbox
from kit.messaging.broker import retry_delay
from providers.errors import OutcomeUnknown, RefusedTouch
from services.notify.claims import Claim
from services.notify.crm_client import ALWAYS_ALLOWED, CrmUnavailable, Permission
from services.notify.decisions import settlements
from services.notify.decisions.addressing import ABOUT_MEETINGS
from services.notify.decisions.limits import WEEK, WEEK_DAYS, Limit, limit_of
from services.notify.decisions.meetings import remaining_meetings
from services.notify.decisions.misconfiguration import wait_after_refusal
from services.notify.decisions.sending import (
    FOLLOW_UP_GAP,
    OPEN,
    RECLAIMABLE,
    SESSION_LENGTH,
    Defer,
    Facts,
    Hold,
    Ignore,
    Send,
    Skip,
    decide,
)
from services.notify.decisions.spending import UNITS_OF_A_CLAIM, units_of
from services.notify.deps import Deps
from services.notify.repositories import spending
from services.notify.repositories.touches import Claimed, ClaimRules, Quota
from services.notify.templates import Rendered
from services.notify.touches import NOT_AGAIN, State, Touch
from services.notify.use_cases.opt_out import obey_recent_stop
from services.notify.use_cases.record_provider_health import (
    record_failure,
    record_rejection,
    record_success,
)
from services.notify.use_cases.shorten_links import short_links

log = structlog.get_logger()

CLAIM_RULES = ClaimRules(
    reclaimable=RECLAIMABLE,
    week=WEEK,
    follow_up_gap=FOLLOW_UP_GAP,
    session=SESSION_LENGTH,
    limit_days=WEEK_DAYS,
)
TOO_LATE = "lease expired before sending"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver a touch.

    `from_state`: the state to which the touch returns where nothing is sent.
    `check_in`: seconds after which a job retries an outage; None where the broker does.
    `perhaps_sent`: an earlier attempt may have been sent.
    `form_arrived_at`: when the form arrived that the touch answers, where that is known.
    """

    touch: Touch
    card: LeadCard
    place: Whereabouts
    from_state: State
    check_in: float | None
    perhaps_sent: bool
    form_arrived_at: datetime | None


async def deliver(
    touch: Touch,
    card: LeadCard,
    deps: Deps,
    *,
    answers_form: bool = False,
    from_state: State = State.PLANNED,
    check_in: float | None = None,
    perhaps_sent: bool = False,
    form_arrived_at: datetime | None = None,
) -> None:
    """Sends the touch unless it was sent, must not be sent, or cannot be sent.

    `answers_form`: the touch answers a form that has just arrived. Nobody can have booked yet, so
    crm is not asked.
    `check_in`: seconds after which a job retries an outage; None where the broker does.
    `perhaps_sent`: an earlier attempt may have been sent. The touch is sent now, or never again by
    itself: where it must be skipped or deferred, it stays uncertain, and the provider is asked.
    Raises Unavailable when it was surely not sent.
    """
    place = _place(touch, card, deps)
    attempt = Attempt(touch, card, place, from_state, check_in, perhaps_sent, form_arrived_at)
    freely = answers_form or touch.kind is Kind.ASKED_FOR
    with bound_contextvars(touch_id=str(touch.touch_id), channel=touch.channel):
        async with _permission(attempt, deps, freely=freely) as permission:
            await _attempt(attempt, permission, deps)


@asynccontextmanager
async def _permission(attempt: Attempt, deps: Deps, *, freely: bool) -> AsyncIterator[Permission]:
    """Yields crm's permission. Raises CrmUnavailable, and publishes that it delays the touch."""
    if freely:
        yield ALWAYS_ALLOWED
        return
    try:
        async with deps.crm.permission(attempt.touch.lead_id) as permission:
            yield permission
    except CrmUnavailable as outage:
        await outbox.publish(deps.database, _delayed(attempt, "crm", outage, deps))
        raise


async def _attempt(attempt: Attempt, permission: Permission, deps: Deps) -> None:
    """Claims the touch, decides, and carries the decision out."""
    lease_ends = time.monotonic() + deps.settings.touch_lease - deps.settings.provider_timeout
    now = deps.now()
    touch = attempt.touch
    limit = _limit(attempt, now, deps)
    claimed = await deps.touches.claim(
        touch,
        attempt.card,
        from_state=attempt.from_state,
        quota=_quota(limit),
        country=attempt.place.country,
        form_arrived_at=attempt.form_arrived_at,
    )
    claim = claimed.claim
    facts = _facts(claimed, attempt, permission.eligibility, limit, now, deps)
    match decide(touch, facts, now):
        case Ignore():
            log.info("touch.already_handled")
        case Defer() | Skip() if attempt.perhaps_sent:
            await deps.touches.settle(
                settlements.released(
                    touch, claim, NOT_AGAIN, to=State.UNCERTAIN, check_in=deps.settings.checks[0]
                )
            )
            log.warning("touch.not_resent")
        case Skip(reason):
            await deps.touches.settle(settlements.skipped(touch, claim, reason))
            log.info("touch.skipped", reason=reason)
        case Defer() as defer:
            await deps.touches.settle(settlements.deferred(touch, claim, defer))
            log.info("touch.deferred", reason=defer.reason)
        case Hold() as hold:
            await _hold(attempt, claim, hold, facts, deps)
        case Send() if not deps.breakers[touch.channel].is_allowed(time.monotonic()):
            await _hold(attempt, claim, Hold(HoldReason.PROVIDER_UNAVAILABLE), facts, deps)
        case Send() if wait := await _seconds_to_turn(attempt, claim, facts, deps):
            hold = Hold(HoldReason.PACED, until=now + timedelta(seconds=wait))
            await _hold(attempt, claim, hold, facts, deps)
        case Send() if not deps.breakers[touch.channel].acquire(time.monotonic()):
            await _hold(attempt, claim, Hold(HoldReason.PROVIDER_UNAVAILABLE), facts, deps)
        case Send(address):
            other = remaining_meetings(permission.eligibility.meeting, touch.booking, now)
            text = await _write(attempt, claim, deps, other)
            if time.monotonic() > min(permission.good_until, lease_ends):
                await _give_up(attempt, claim, deps)
            units = units_of(touch.channel, text.text)
            deps.budget.spend(touch, attempt.place.country, attempt.card, units=units)
            await _send(attempt, claim, address, text, deps, in_session=facts.in_session)
    if claimed.recently_stopped:
        await obey_recent_stop(touch.lead_id, deps.database)


async def _write(attempt: Attempt, claim: Claim, deps: Deps, other: Booking | None) -> Rendered:
    """Returns the text of the touch, and stores its short links and how it is charged.

    `other` is a booking of the person's that stands besides the touch's own.
    Raises Unavailable. Nothing was sent then, and the claim is released.
    """
    touch = replace(attempt.touch, other_booking=other)
    try:
        links = await short_links(touch, attempt.card, deps)
        text = deps.senders[touch.channel].render(touch, attempt.card, links)
        units = units_of(touch.channel, text.text)
        if units != UNITS_OF_A_CLAIM:
            await spending.set_units(deps.database, touch.touch_id, units)
    except Unavailable as outage:
        await deps.touches.settle(
            settlements.released(
                touch, claim, str(outage), to=attempt.from_state, check_in=attempt.check_in
            )
        )
        raise
    return text


async def _seconds_to_turn(attempt: Attempt, claim: Claim, facts: Facts, deps: Deps) -> float:
    """Returns the seconds until a call's turn; 0 for now, and for every other channel.

    Twilio queues what comes faster than its calls a second, and would place it after our hours.
    Raises Unavailable, with the claim released.
    """
    if attempt.touch.channel is not Channel.CALL:
        return 0.0
    try:
        if facts.held_for == HoldReason.PACED:
            return await deps.call_turns.use()
        return await deps.call_turns.take()
    except Unavailable as outage:
        await deps.touches.settle(
            settlements.released(
                attempt.touch, claim, str(outage), to=attempt.from_state, check_in=attempt.check_in
            )
        )
        raise


async def _give_up(attempt: Attempt, claim: Claim, deps: Deps) -> None:
    """Releases a claim that is too old. Raises Unavailable.

    A worker that was suspended may find its lease expired, and the touch claimed by another.
    """
    await deps.touches.settle(
        settlements.released(attempt.touch, claim, TOO_LATE, to=attempt.from_state, check_in=1)
    )
    raise Unavailable(TOO_LATE)


async def _hold(attempt: Attempt, claim: Claim, hold: Hold, facts: Facts, deps: Deps) -> None:
    is_known = facts.held_for == hold.reason
    await deps.touches.settle(
        settlements.held(
            attempt.touch,
            claim,
            hold,
            to=attempt.from_state,
            is_known=is_known,
            now=deps.now(),
        )
    )
    if not is_known:
        log.warning("touch.held", reason=hold.reason)


async def _send(
    attempt: Attempt,
    claim: Claim,
    address: str,
    text: Rendered,
    deps: Deps,
    *,
    in_session: bool,
) -> None:
    touch = attempt.touch
    about = {"lead_id": touch.lead_id, "step": touch.step}
    breaker = deps.breakers[touch.channel]
    sender = deps.senders[touch.channel]
    asked_at = deps.now()
    try:
        ref = await sender.send(touch, address, attempt.card, text, in_session=in_session)
    except Unavailable as outage:
        delayed = _delayed(attempt, breaker.provider, outage, deps)
        await deps.touches.settle(
            settlements.released(
                touch,
                claim,
                str(outage),
                to=attempt.from_state,
                check_in=attempt.check_in,
                event=delayed,
            )
        )
        log.warning("touch.delayed", **about, reason=str(outage), again_at=delayed.again_at)
        await record_failure(breaker, outage, deps)
        raise
    except RefusedTouch as refused:
        await _settle_refused(attempt, claim, refused, deps)
        await record_success(breaker, deps)
        if refused.alike:
            await record_rejection(breaker, refused.reason, deps)
        log.warning("touch.failed", **about, kind=refused.kind, reason=refused.reason)
    except OutcomeUnknown as unclear:
        checks = deps.settings.checks
        await deps.touches.settle(
            settlements.uncertain(
                touch,
                claim,
                str(unclear),
                subject=text.subject,
                text=text.text,
                check_in=checks[min(claim.attempt, len(checks)) - 1],
                answered=unclear.answered,
            )
        )
        await record_failure(breaker, unclear, deps)
        log.warning("touch.uncertain", **about, reason=describe(unclear))
    else:
        await deps.touches.settle(
            settlements.sent(
                touch,
                claim,
                ref,
                subject=text.subject,
                text=text.text,
                asked_at=asked_at,
                check_in=deps.settings.receipt_timeout,
            )
        )
        await record_success(breaker, deps)
        log.info("touch.sent", **about, ref=ref)


async def _settle_refused(
    attempt: Attempt, claim: Claim, refused: RefusedTouch, deps: Deps
) -> None:
    """Settles a refused touch as failed. By our own fault, the last channel waits for its mend."""
    touch = attempt.touch
    wait = None
    if refused.kind is FailureKind.MISCONFIGURED:
        wait = wait_after_refusal(touch.fallback)
    if wait is None:
        await deps.touches.settle(settlements.failed(touch, claim, refused.kind, refused.reason))
        return
    now = deps.now()
    hold = Hold(HoldReason.MISCONFIGURED, until=now + wait, detail=refused.reason)
    await deps.touches.settle(
        settlements.held(touch, claim, hold, to=attempt.from_state, is_known=False, now=now)
    )


def _delayed(attempt: Attempt, provider: str, outage: Unavailable, deps: Deps) -> TouchDelayed:
    """Returns the event of a touch that a job, or else the broker, retries after an outage."""
    wait = attempt.check_in if attempt.check_in is not None else retry_delay(outage)
    again_at = deps.now() + timedelta(seconds=wait) if wait is not None else None
    return TouchDelayed(
        **attempt.touch.about(), provider=provider, reason=str(outage), again_at=again_at
    )


def _place(touch: Touch, card: LeadCard, deps: Deps) -> Whereabouts:
    """Returns where the touch goes, as far as its address shows."""
    by_phone = facts_of(touch.channel).address is AddressKind.PHONE
    phone = touch.address if by_phone else card.phone
    return whereabouts(
        card.time_zone, phone, zone=deps.settings.timezone, region=deps.settings.default_region
    )


def _limit(attempt: Attempt, now: datetime, deps: Deps) -> Limit | None:
    return limit_of(
        attempt.touch,
        now,
        zone=attempt.place.home,
        calls_per_day=deps.settings.calls_per_day,
        calls_per_week=deps.settings.calls_per_week,
        journey=deps.journeys.current,
    )


def _quota(limit: Limit | None) -> Quota | None:
    if limit is None:
        return None
    return Quota(
        place=limit.place,
        what=limit.what,
        day=limit.day,
        per_day=limit.per_day,
        per_week=limit.per_week,
    )


def _facts(
    claimed: Claimed,
    attempt: Attempt,
    eligibility: ContactEligibility,
    limit: Limit | None,
    now: datetime,
    deps: Deps,
) -> Facts:
    """Returns the facts of the ledger, of crm, and those that this process knows by itself."""
    touch = attempt.touch
    place = attempt.place
    facts = Facts(
        claimed=claimed.claim.attempt > 0,
        opted_out=claimed.opted_out,
        stopped=claimed.stopped or claimed.recently_stopped,
        refused=claimed.refused,
        dead=claimed.dead,
        doubtful=claimed.doubtful,
        in_session=claimed.in_session,
        again_at=limit.again_at if limit is not None and claimed.over_limit else None,
        channels_this_week=frozenset(Channel(name) for name in claimed.channels_this_week),
        followed_up_today=claimed.followed_up_today,
        paused=claimed.paused,
        lead_paused=claimed.lead_paused,
        reached=claimed.reached,
        released=claimed.released,
        held_for=claimed.held_for,
        eligibility=eligibility,
    )
    one_channel_a_week = (
        law_of(place.country).one_channel_a_week and not deps.journeys.current.any_hour
    )
    if facts_of(touch.channel).address is not AddressKind.PHONE:
        return replace(facts, one_channel_a_week=one_channel_a_week)
    if touch.address is None:
        has_unusable = attempt.card.unusable_phone
        number = NumberStatus.UNUSABLE if has_unusable else NumberStatus.USABLE
        return replace(facts, number=number)
    return replace(
        facts,
        abroad=place.country not in deps.settings.countries,
        number=number_status(touch.address),
        opens_at=_opens_at(touch, place, now, deps),
        one_channel_a_week=one_channel_a_week,
        spent=not deps.budget.allows(touch.channel, place.country),
        cap=deps.budget.cap(touch, place.country, attempt.card),
    )


def _opens_at(touch: Touch, place: Whereabouts, now: datetime, deps: Deps) -> datetime | None:
    """Returns when the law, and the hours in which people are awake, next allow the touch.

    None where they never do. A meeting's touches keep the hours that scheduler found.
    """
    if deps.journeys.current.any_hour or touch.kind in ABOUT_MEETINGS:
        return OPEN
    if touch.kind is Kind.ASKED_FOR and (touch.until is None or now < touch.until):
        return OPEN
    if touch.kind in (Kind.ASKED_FOR, Kind.CALL_BACK):
        span = waking_opening(now, place)
    else:
        span = legal_opening(now, touch.channel, place)
    return span.opens if span is not None else None
