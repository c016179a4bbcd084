"""notify's SQL: overwrites everything that identifies a lead. Ids and outcomes stay."""

from collections.abc import Sequence

from kit.database import Connection

ERASE_CALLBACKS = """
update callbacks
set body = '{}'
where touch_id in (select touch_id from touches where lead_id = $1)
   or exists (select 1 from unnest($2::text[]) as t where strpos(body::text, t) > 0)"""
ERASE_TOUCHES = """
update touches
set address = null,
    booking = null,
    updated_at = now(),
    reason = case when state in ('failed', 'uncertain') then null else reason end,
    check_at = case when state = 'uncertain' then null else check_at end
where lead_id = $1"""
DELETE_TEXTS = "delete from texts where lead_id = $1"
DELETE_ADDRESSES = """
with deleted_sessions as (delete from sessions where phone = any($1)),
     deleted_undeliverable as (delete from undeliverable_addresses where address = any($1)),
     deleted_bookings as (delete from unmatched_bookings where address = any($1)),
     deleted_stops as (delete from recent_stops where address = any($1)),
     deleted_bounces as (delete from soft_bounces where address = any($1)),
     deleted_signs as (delete from signs_of_life where address = any($1))
delete from contacts where address = any($1)"""
ERASE_FORMS = """
update submissions
set phone = null, email = null, card = $2::text::jsonb
where lead_id = $1"""
ERASE_LEAD = """
update leads
set phone = null, email = null, card = $2::text::jsonb, erased = true
where lead_id = $1"""


async def overwrite(
    connection: Connection,
    lead_id: int,
    *,
    fragments: Sequence[str],
    addresses: Sequence[str],
    card: str,
) -> None:
    """Overwrites the lead, its forms, touches and texts, and the callbacks about it.

    `fragments`: texts that identify the lead in the body of a callback.
    `addresses`: the addresses and mailboxes to forget.
    `card`: the JSON of the card that replaces the lead's.
    """
    await connection.execute(ERASE_CALLBACKS, lead_id, fragments)
    await connection.execute(ERASE_TOUCHES, lead_id)
    await connection.execute(DELETE_TEXTS, lead_id)
    await connection.execute(DELETE_ADDRESSES, addresses)
    await connection.execute(ERASE_FORMS, lead_id, card)
    await connection.execute(ERASE_LEAD, lead_id, card)
