"""Finds out what was chosen in an answered call whose key was not reported."""

import structlog

from contracts.events.touch import KEY_UNHEARD
from kit.errors import Unavailable
from kit.messaging import outbox
from services.notify.decisions.keys import (
    Pressed,
    next_check,
    not_asked,
    reply_of,
    uncertain,
    what_was_pressed,
)
from services.notify.decisions.menu import Choice
from services.notify.deps import Deps
from services.notify.repositories import checks, touches
from services.notify.repositories.checks import DueCheck
from services.notify.touches import State, Touch
from services.notify.use_cases.deliver import deliver
from services.notify.use_cases.escalate import leave_to_a_person, link_after
from services.notify.use_cases.receive_choice import obey_stop, publish_choice, when_to_call
from services.notify.use_cases.record_provider_health import record_failure
from services.notify.use_cases.resume_held import RETRY_SECONDS

log = structlog.get_logger()


async def check_key(call: DueCheck, deps: Deps) -> None:
    """Publishes the link as uncertain first. Later checks ask Twilio for its record of the call."""
    link = link_after(call)
    ref = call.provider_ref or ""
    if await touches.exists(deps.database, link.touch_id):
        await _check_again(call, None, deps)
    elif call.check_count == 1:
        await outbox.publish(deps.database, uncertain(link, ref))
        wait = deps.settings.call_events_after - deps.settings.key_timeout
        await _check_again(call, max(wait, 0.0), deps)
    else:
        await _read_record(call, link, ref, deps)


async def _read_record(call: DueCheck, link: Touch, ref: str, deps: Deps) -> None:
    """Asks Twilio for its record of the call, and again later where there is none yet."""
    touch = call.touch
    try:
        pressed = what_was_pressed(await deps.call_events(ref))
    except Unavailable as outage:
        await record_failure(deps.breakers[touch.channel], outage, deps)
        return
    wait = next_check(call.age_seconds) if pressed is Pressed.UNKNOWN else None
    match pressed:
        case Pressed.UNKNOWN if wait is None:
            await leave_to_a_person(link, call.card, KEY_UNHEARD, deps)
        case Choice():
            await _obey(pressed, call, ref, deps)
        case _:
            pass
    if pressed not in (Pressed.UNKNOWN, Choice.LINK):
        await outbox.publish(deps.database, not_asked(link, ref))
    following = touch.following(call.card)
    if pressed is Pressed.SILENCE and following is not None:
        await deliver(following, call.card, deps, check_in=RETRY_SECONDS)
    await _check_again(call, wait, deps)
    log.info("call.checked", touch_id=str(touch.touch_id), lead_id=link.lead_id, pressed=pressed)


async def _obey(choice: Choice, call: DueCheck, ref: str, deps: Deps) -> None:
    touch = call.touch
    if choice is Choice.STOP:
        await obey_stop(ref, touch.touch_id, "", deps.database)
        return
    at = call.first_claimed_at
    call_at = None
    if choice is not Choice.LINK:
        call_at = when_to_call(choice, at, call.card, touch.address, deps)
    reply = reply_of(choice, touch.lead_id, touch.touch_id, ref, at=at, call_at=call_at)
    await publish_choice(ref, reply, deps.database)


async def _check_again(call: DueCheck, check_in: float | None, deps: Deps) -> None:
    await checks.check_again(deps.database, call.touch.touch_id, State.ANSWERED, check_in=check_in)
