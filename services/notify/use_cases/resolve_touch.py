"""Resolves an uncertain touch as an operator decided: it is sent again, or skipped."""

from contracts.commands.touch import ResolveTouch
from contracts.events.base import Event
from contracts.events.touch import SkipReason, TouchResolved, TouchSkipped
from kit.database import Database
from kit.messaging import outbox
from kit.messaging.inbox import first_time
from services.notify.operators import COMMAND_CONSUMER
from services.notify.repositories import touches
from services.notify.touches import State


async def resolve_touch(command: ResolveTouch, database: Database) -> None:
    """Plans an unresolved touch again, for a job to send, or settles it as skipped.

    A touch in any other state is not changed. A repeated command has no effect.
    """
    state = State.PLANNED if command.send else State.SKIPPED
    reason = None if command.send else SkipReason.OPERATOR
    async with database.transaction() as connection:
        if not await first_time(connection, COMMAND_CONSUMER, command.event_id):
            return
        if await touches.resolve(connection, command.touch_id, state, reason):
            await outbox.add(connection, _facts(command))


def _facts(command: ResolveTouch) -> list[Event]:
    resolved = TouchResolved(
        event_id=command.fact_id,
        lead_id=command.lead_id,
        touch_id=command.touch_id,
        step=command.step,
        channel=command.channel,
        run=command.run,
        send=command.send,
        by=command.by,
    )
    if command.send:
        return [resolved]
    skipped = TouchSkipped(
        lead_id=command.lead_id,
        touch_id=command.touch_id,
        step=command.step,
        channel=command.channel,
        run=command.run,
        reason=SkipReason.OPERATOR,
    )
    return [resolved, skipped]
