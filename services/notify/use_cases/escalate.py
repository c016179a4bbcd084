"""Leaves a touch to a person, because no check finds its outcome."""

from uuid import uuid5

import structlog

from contracts.events.lead import LeadCard
from contracts.events.touch import KEY_UNHEARD, TouchUnresolved
from kit.database import Database
from kit.messaging import outbox
from services.notify.decisions.first_contact import asked_for_link
from services.notify.decisions.keys import link_run
from services.notify.decisions.settlements import released
from services.notify.deps import Deps
from services.notify.repositories import checks
from services.notify.repositories.checks import DueCheck
from services.notify.touches import Form, State, Touch

log = structlog.get_logger()


async def escalate(check: DueCheck, state: State, deps: Deps) -> None:
    """Leaves a touch to a person whose every check fails. A sent touch lacks only its receipt."""
    touch = check.touch
    log.error("touch.unresolved", touch_id=str(touch.touch_id), channel=touch.channel)
    match state:
        case State.UNCERTAIN:
            await leave_unresolved(touch, deps.database)
            return
        case State.ANSWERED:
            await leave_to_a_person(link_after(check), check.card, KEY_UNHEARD, deps)
        case State.PLANNED:
            await outbox.publish(deps.database, TouchUnresolved(**touch.about()))
        case _:
            pass
    await checks.check_again(deps.database, touch.touch_id, state, check_in=None)


async def leave_unresolved(touch: Touch, database: Database) -> None:
    """Leaves an uncertain touch to a person: it stays uncertain, and no job checks it again."""
    async with database.transaction() as connection:
        if await checks.stop_uncertain(connection, touch.touch_id):
            await outbox.add(connection, [TouchUnresolved(**touch.about())])


async def leave_to_a_person(touch: Touch, card: LeadCard, reason: str, deps: Deps) -> None:
    """Adds a touch of which nobody knows whether it is wanted, as uncertain."""
    claimed = await deps.touches.claim(touch, card)
    claim = claimed.claim
    if claim.attempt > 0:
        await deps.touches.settle(released(touch, claim, reason, to=State.UNCERTAIN, check_in=None))
        await leave_unresolved(touch, deps.database)


def link_after(call: DueCheck) -> Touch:
    """Returns the touch with the link that the person may have asked for during this call."""
    touch = call.touch
    form = Form(touch.submission_id, call.card)
    run = link_run(uuid5(touch.touch_id, call.provider_ref or ""))
    return asked_for_link(touch.lead_id, form, asked_at=call.first_claimed_at, run=run)
