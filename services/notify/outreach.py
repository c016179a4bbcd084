"""One touch, made: ask, claim it, decide, act, record."""

from contextlib import AbstractAsyncContextManager, nullcontext

import structlog

from contracts.lead import LeadCard
from contracts.touch import Kind
from kit.failures import Unavailable, describe
from providers.answers import RefusedTouch, Unclear
from services.notify.decisions.sending import Defer, Facts, Leave, Send, Skip, decide
from services.notify.deps import Deps
from services.notify.permission import FREELY, Permission
from services.notify.touches import State, Touch

log = structlog.get_logger()


async def make(
    touch: Touch, card: LeadCard, deps: Deps, *, at_once: bool = False, from_state: State = State.PLANNED
) -> None:
    """Sends the touch unless it was sent, must not be, or cannot be. Raises Unavailable when it was surely not sent.

    `at_once` is the answer to a form that has just come: nobody can have booked yet, so nobody is asked.
    """
    freely = at_once or touch.kind is Kind.ASKED_FOR
    asking: AbstractAsyncContextManager[Permission] = (
        nullcontext(FREELY) if freely else deps.crm.permission(touch.lead_id)
    )
    async with asking as permission:
        facts, attempt = await deps.store.claim(touch, card, from_state=from_state, standing=permission.standing)
        match decide(touch, facts, deps.now()):
            case Leave():
                log.info("touch.left", touch_id=str(touch.touch_id), channel=touch.channel)
            case Skip(reason):
                await deps.store.skipped(touch, attempt, reason)
                log.info("touch.skipped", touch_id=str(touch.touch_id), channel=touch.channel, reason=reason)
            case Defer():
                await deps.store.deferred(touch, attempt)
                log.info("touch.deferred", touch_id=str(touch.touch_id), channel=touch.channel)
            case Send(address):
                if not permission.good:
                    await deps.store.put_back(touch, attempt, "the permit ran out", to=from_state, check_in=1)
                    raise Unavailable("the permit ran out before the touch was sent")
                await _send(touch, address, card, facts, attempt, deps, from_state)


async def _send(
    touch: Touch, address: str, card: LeadCard, facts: Facts, attempt: int, deps: Deps, from_state: State
) -> None:
    checks = deps.settings.checks
    about = {"lead_id": touch.lead_id, "touch_id": str(touch.touch_id), "channel": touch.channel, "step": touch.step}
    try:
        ref = await deps.senders[touch.channel].send(touch, address, card, in_session=facts.in_session)
    except Unavailable as outage:
        check_in = checks[-1] if from_state is State.UNCERTAIN else None  # a planned touch comes again from its queue
        await deps.store.put_back(touch, attempt, str(outage), to=from_state, check_in=check_in)
        raise
    except RefusedTouch as refused:
        await deps.store.failed(touch, attempt, refused.kind, refused.reason)
        log.warning("touch.failed", **about, kind=refused.kind, reason=refused.reason)
    except Unclear as unclear:
        await deps.store.uncertain(touch, attempt, str(unclear), check_in=checks[min(attempt, len(checks)) - 1])
        log.warning("touch.uncertain", **about, reason=describe(unclear))
    else:
        await deps.store.sent(touch, attempt, ref)
        log.info("touch.sent", **about, ref=ref)
