"""Takes the touches whose check is due, for a job."""

import time
from collections.abc import Sequence
from datetime import timedelta

import structlog

from contracts.events.touch import Channel, TouchUnresolved
from kit.database import Connection
from kit.messaging import outbox
from services.notify.deps import Deps
from services.notify.repositories import checks
from services.notify.repositories.checks import DueCheck, Unreadable
from services.notify.touches import State

log = structlog.get_logger()

CHECK_LEASE = timedelta(minutes=1)  # in which no other worker gets the touch
AT_ONCE = 20


async def take_due(state: State, deps: Deps) -> list[DueCheck]:
    """Returns touches of `state` to check, whose provider may be asked now.

    Touches whose card or booking cannot be read are left to a person.
    """
    channels = await _open_channels(deps)
    due = []
    broken = []
    async with deps.database.transaction() as connection:
        for row in await checks.take_due(
            connection, state, channels, lease=CHECK_LEASE, limit=AT_ONCE
        ):
            match row:
                case DueCheck():
                    due.append(row)
                case Unreadable(identity, error):
                    log.error("touch.unreadable", touch_id=str(identity.touch_id), exc_info=error)
                    broken.append(row)
        await _leave_unreadable(connection, broken)
    return due


async def _open_channels(deps: Deps) -> list[Channel]:
    """Returns the channels whose provider may be asked now; none while outbound is paused."""
    if await deps.switch.paused():
        return []
    return [
        channel
        for channel, breaker in deps.breakers.items()
        if breaker.is_allowed(time.monotonic())
    ]


async def _leave_unreadable(connection: Connection, broken: Sequence[Unreadable]) -> None:
    if not broken:
        return
    await checks.stop(connection, [touch.identity.touch_id for touch in broken])
    events = [TouchUnresolved(**touch.identity.about()) for touch in broken]
    await outbox.add(connection, events)
