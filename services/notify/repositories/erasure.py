"""Notify's SQL: nobody is to be recognised by what is kept of a lead. Only their addresses stay, among those that are
never contacted again.
"""

import asyncpg

from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, SkipReason, TouchSkipped
from kit.database import Connection, Database
from kit.errors import Unavailable
from kit.messaging import outbox
from services.notify.decisions.limits import mailbox
from services.notify.repositories.operator_commands import CHANNEL, addresses_of
from services.notify.repositories.opt_outs import opt_out, opt_out_lead

ANONYMOUS_CARD = LeadCard(name="").model_dump_json()

ON_ITS_WAY = "select exists (select 1 from touches where lead_id = $1 and state = 'sending')"
WAITING = """update touches set state = 'skipped', reason = 'operator', check_at = null
             where lead_id = $1 and state = 'planned' returning touch_id, lead_id, step, channel, run"""
TOUCHES = """update touches set address = null, booking = null, updated_at = now(),
               reason = case when state in ('failed', 'uncertain') then null else reason end,
               check_at = case when state = 'uncertain' then null else check_at end
             where lead_id = $1"""
CALLBACKS = """update callbacks set body = '{}' where touch_id in (select touch_id from touches where lead_id = $1)
               or exists (select 1 from unnest($2::text[]) as t where strpos(body::text, t) > 0)"""
TEXTS = "delete from texts where lead_id = $1"
ADDRESSES = """with a as (delete from sessions where phone = any($1)),
               b as (delete from undeliverable_addresses where address = any($1)),
               c as (delete from signs_of_life where address = any($1))
               delete from contacts where address = any($1)"""
FORMS = (
    "update submissions set phone = null, email = null, card = $2::text::jsonb where lead_id = $1"
)
LEAD = "update leads set phone = null, email = null, card = $2::text::jsonb, erased = true where lead_id = $1"


async def erase(database: Database, lead_id: int) -> None:
    """Has the person left alone first, for good; then overwrites what says who they are. Ids and outcomes stay.

    Raises Unavailable while the lead is not known yet, and while one of its touches is on its way.
    """
    async with database.transaction() as connection:
        for address in await addresses_of(connection, lead_id):
            await opt_out(connection, address, CHANNEL, "erased")
        await opt_out_lead(connection, lead_id, CHANNEL, "erased")
    async with database.transaction() as connection:
        addresses = await addresses_of(connection, lead_id)
        if await connection.fetchval(ON_ITS_WAY, lead_id):
            raise Unavailable("a touch is on its way")
        await outbox.add(
            connection, [_skipped(row) for row in await connection.fetch(WAITING, lead_id)]
        )
        await _overwrite(connection, lead_id, addresses)


async def _overwrite(connection: Connection, lead_id: int, addresses: list[str]) -> None:
    # WhatsApp writes Mexican numbers with a digit more: their end is the same
    telltales = [address if "@" in address else address[-10:] for address in addresses]
    await connection.execute(CALLBACKS, lead_id, telltales)
    await connection.execute(TOUCHES, lead_id)
    await connection.execute(TEXTS, lead_id)
    mailboxes = [mailbox(address) for address in addresses if "@" in address]
    await connection.execute(ADDRESSES, [*addresses, *mailboxes])
    await connection.execute(FORMS, lead_id, ANONYMOUS_CARD)
    await connection.execute(LEAD, lead_id, ANONYMOUS_CARD)


def _skipped(row: asyncpg.Record) -> TouchSkipped:
    return TouchSkipped(
        lead_id=row["lead_id"],
        touch_id=row["touch_id"],
        step=row["step"],
        channel=Channel(row["channel"]),
        run=row["run"],
        reason=SkipReason.OPERATOR,
    )
