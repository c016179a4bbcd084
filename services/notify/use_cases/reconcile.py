"""Reconciles an uncertain touch: finds out whether it was sent."""

import contextlib

import structlog
from structlog.contextvars import bound_contextvars

from contracts.events.touch import TouchChecked
from kit.database import DATABASE_FAILURES
from kit.errors import Unavailable
from kit.messaging import outbox
from services.notify.decisions.reconciliation import (
    Ambiguous,
    CheckLater,
    CheckProvider,
    Escalate,
    Resend,
    after_not_found,
    next_action,
    own_receipt,
    still_useful,
)
from services.notify.deps import Deps
from services.notify.repositories import checks, touches
from services.notify.repositories.checks import DueCheck
from services.notify.touches import State
from services.notify.use_cases.deliver import deliver
from services.notify.use_cases.escalate import leave_unresolved
from services.notify.use_cases.record_provider_health import record_failure
from services.notify.use_cases.record_receipt import apply_receipt

log = structlog.get_logger()


async def reconcile(check: DueCheck, deps: Deps) -> None:
    """Asks the provider about the touch.

    It is sent again only when it was not sent, or when a repeat is harmless.
    """
    touch = check.touch
    with bound_contextvars(touch_id=str(touch.touch_id), channel=touch.channel):
        action = next_action(
            check.age_seconds,
            resend_within=deps.senders[touch.channel].resend_within,
            not_again=check.not_again,
        )
        match action:
            case CheckProvider():
                await _check_provider(check, deps)
            case Resend():
                await _resend(check, deps)


async def _check_provider(check: DueCheck, deps: Deps) -> None:
    touch = check.touch
    try:
        found = await _find(check, deps)
    except DATABASE_FAILURES:  # our own database's fault, and not the provider's
        raise
    except Unavailable as outage:
        await checks.postpone(deps.database, touch.touch_id, check_in=deps.settings.checks[0])
        await record_failure(deps.breakers[touch.channel], outage, deps)
        return
    if found:
        return
    action = after_not_found(
        check_count=check.check_count,
        sendings=check.sendings,
        age_seconds=check.age_seconds,
        checks=deps.settings.checks,
        still_useful=still_useful(touch, deps.now()),
        not_again=check.not_again,
    )
    match action:
        case CheckLater(seconds):
            await checks.check_again(
                deps.database, touch.touch_id, State.UNCERTAIN, check_in=seconds
            )
        case Resend():
            await _resend(check, deps)
        case Escalate():
            await leave_unresolved(touch, deps.database)
            log.error("touch.unresolved")


async def _find(check: DueCheck, deps: Deps) -> bool:
    """Returns whether the provider may have the touch, and applies its answer. Raises Unavailable.

    What may be another touch's is looked at again in the next check.
    """
    touch = check.touch
    assert touch.address is not None
    listed = await deps.senders[touch.channel].find(
        touch, touch.address, since=check.first_claimed_at
    )
    others = await touches.others_to(
        deps.database, touch.address, touch.channel, but=touch.touch_id
    )
    receipt = own_receipt(listed, others)
    if isinstance(receipt, Ambiguous):
        await checks.postpone(deps.database, touch.touch_id, check_in=deps.settings.checks[0])
        return True
    found = receipt is not None
    event = TouchChecked(**touch.about(), check_count=check.check_count, found=found)
    await outbox.publish(deps.database, event)
    if receipt is not None:
        await apply_receipt(touch.touch_id, receipt, deps)
        log.info("touch.found", ref=receipt.ref)
    return found


async def _resend(check: DueCheck, deps: Deps) -> None:
    """Delivers the touch again. After an outage it was surely not sent, and a job tries again."""
    log.info("touch.resent")
    with contextlib.suppress(Unavailable):
        await deliver(
            check.touch,
            check.card,
            deps,
            from_state=State.UNCERTAIN,
            check_in=deps.settings.checks[-1],
            perhaps_sent=check.sendings > 0,
        )
