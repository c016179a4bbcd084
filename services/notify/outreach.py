"""One touch, made: claim it, decide, act, record."""

import structlog

from contracts.lead import LeadCard
from kit.failures import Unavailable, describe
from providers.answers import RefusedTouch, Unclear
from services.notify.decisions.sending import Leave, Send, Skip, decide
from services.notify.deps import Deps
from services.notify.touches import State, Touch

log = structlog.get_logger()


async def make(touch: Touch, card: LeadCard, deps: Deps, *, from_state: State = State.PLANNED) -> None:
    """Sends the touch unless it was sent, must not be, or cannot be. Raises Unavailable when it was surely not sent."""
    claim = await deps.store.claim(touch, card, from_state=from_state)
    match decide(touch, claim.facts):
        case Leave():
            log.info("touch.left", touch_id=str(touch.touch_id), channel=touch.channel)
        case Skip(reason):
            await deps.store.skipped(touch, claim.attempt, reason)
            log.info("touch.skipped", touch_id=str(touch.touch_id), channel=touch.channel, reason=reason)
        case Send(address):
            await _send(touch, address, card, claim.attempt, deps, from_state)


async def _send(touch: Touch, address: str, card: LeadCard, attempt: int, deps: Deps, from_state: State) -> None:
    checks = deps.settings.checks
    about = {"lead_id": touch.lead_id, "touch_id": str(touch.touch_id), "channel": touch.channel, "step": touch.step}
    try:
        ref = await deps.senders[touch.channel].send(touch, address, card)
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
