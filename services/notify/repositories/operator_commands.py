"""What operators want done about a lead or a touch. The same command twice has no effect."""

from contracts.commands.lead import StopLead
from contracts.commands.touch import ResolveTouch
from contracts.events.lead import LeadPaused, LeadResumed
from contracts.events.touch import SkipReason, TouchResolved, TouchSkipped
from kit.database import Connection, Database
from kit.errors import Unavailable
from kit.messaging import outbox
from kit.messaging.inbox import first_time, forget_old
from services.notify.repositories.opt_outs import opt_out, opt_out_lead
from services.notify.touches import State

CONSUMER = "notify.commands"
CHANNEL = "console"  # where an operator speaks for a person

PAUSE = """insert into paused_leads (lead_id, paused, at) values ($1, $2, $3)
           on conflict (lead_id) do update set paused = $2, at = $3 where paused_leads.at < $3"""
RESOLVE = """update touches set state = $2, reason = $3, check_at = case when $2 = 'planned' then now() end,
              updated_at = now()
            where touch_id = $1 and state = 'uncertain' and check_at is null
              and (address is not null or $2 <> 'planned') returning true"""


class OperatorCommands:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def pause(self, event: LeadPaused | LeadResumed) -> None:
        """Has the lead's follow-up wait, or go on; an older word than the last changes nothing."""
        await self._database.fetch(PAUSE, event.lead_id, isinstance(event, LeadPaused), event.at)

    async def stop(self, command: StopLead) -> None:
        """The person is left alone at every address they gave. Raises Unavailable while the lead is not known yet."""
        async with self._database.transaction() as connection:
            addresses = await addresses_of(connection, command.lead_id)
            if not await first_time(connection, CONSUMER, command.event_id):
                return
            for address in addresses:
                await opt_out(connection, address, CHANNEL, "operator")
            await opt_out_lead(connection, command.lead_id, CHANNEL, "operator")

    async def resolve(self, command: ResolveTouch) -> None:
        """Plans an unresolved touch again, for a job to send, or settles it as skipped.

        A touch in any other state is not changed.
        """
        state = State.PLANNED if command.send else State.SKIPPED
        reason = None if command.send else SkipReason.OPERATOR
        async with self._database.transaction() as connection:
            if not await first_time(connection, CONSUMER, command.event_id):
                return
            if await connection.fetchval(RESOLVE, command.touch_id, state, reason):
                facts = (
                    [_resolved(command)]
                    if command.send
                    else [_resolved(command), _skipped(command)]
                )
                await outbox.add(connection, facts)

    async def forget_old(self) -> None:
        await forget_old(self._database)


async def addresses_of(connection: Connection, lead_id: int) -> list[str]:
    """Every address of the person's forms. Raises Unavailable while the lead is not known yet."""
    if not await connection.fetchval(
        "select true from leads where lead_id = $1 for update", lead_id
    ):
        raise Unavailable("the lead's card is not here yet")
    rows = await connection.fetch(
        "select phone, email from submissions where lead_id = $1", lead_id
    )
    return sorted({address for row in rows for address in (row["phone"], row["email"]) if address})


def _resolved(command: ResolveTouch) -> TouchResolved:
    return TouchResolved(
        event_id=command.fact_id,
        lead_id=command.lead_id,
        touch_id=command.touch_id,
        step=command.step,
        channel=command.channel,
        run=command.run,
        send=command.send,
        by=command.by,
    )


def _skipped(command: ResolveTouch) -> TouchSkipped:
    return TouchSkipped(
        lead_id=command.lead_id,
        touch_id=command.touch_id,
        step=command.step,
        channel=command.channel,
        run=command.run,
        reason=SkipReason.OPERATOR,
    )
