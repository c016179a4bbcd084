"""Delivers a step on its next channel after a channel did not reach the person."""

from contracts.events.call import CallUnanswered
from contracts.events.touch import FailureKind, TouchFailed
from services.notify.decisions.fallback import after_call, after_failure
from services.notify.deps import Deps
from services.notify.repositories import touches
from services.notify.touches import Touch
from services.notify.use_cases.deliver import deliver
from services.notify.use_cases.opt_out import opt_out
from services.notify.use_cases.suspend_address import suspend_address


async def fall_back_after_call(event: CallUnanswered, deps: Deps) -> None:
    """Delivers the next channel of a call that nobody answered."""
    touch, card = await touches.get_touch(deps.database, event.touch_id)
    following = after_call(touch, event.reason, card)
    if following is not None:
        await deliver(following, card, deps)


async def fall_back_after_failure(event: TouchFailed, deps: Deps) -> None:
    """Records the failure's consequence for the address, and delivers the next channel."""
    touch, card = await touches.get_touch(deps.database, event.touch_id)
    await _mark_address(event, touch, deps)
    following = after_failure(touch, event.kind, card)
    if following is not None:
        await deliver(following, card, deps)


async def _mark_address(event: TouchFailed, touch: Touch, deps: Deps) -> None:
    if touch.address is None:
        return
    match event.kind:
        case FailureKind.OPTED_OUT:  # the provider reports that the person blocked us there
            await opt_out(touch.address, event.channel, event.reason, deps.database)
        case FailureKind.BAD_ADDRESS:
            await suspend_address(touch, event.reason, deps.database)
        case _:
            pass
