"""Notify's SQL: the forms of each lead, what their addresses are known for, and what people wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.events.lead import LeadCard, LeadUpdated
from contracts.events.reply import ReplyReceived
from contracts.events.touch import Channel
from kit.database import Database
from kit.errors import Unavailable
from kit.messaging import outbox
from services.notify.decisions.addressing import Addressed, form_for
from services.notify.repositories.ledger import NOTED
from services.notify.repositories.opt_outs import opt_out, opt_out_lead
from services.notify.touches import Form

FORMS = """
select s.submission_id, s.card, e.at as email_alive_at, p.at as phone_alive_at,
  (select count(*) from touches t where t.lead_id = s.lead_id and t.address = s.email and t.kind = 'follow_up'
     and t.sent_at is not null) as follow_up_mails,
  (select count(*) from touches t where t.lead_id = s.lead_id and t.address = s.phone and t.kind = 'follow_up'
     and t.sent_at is not null) as follow_up_texts
from submissions s left join signs_of_life e on e.address = s.email left join signs_of_life p on p.address = s.phone
where s.lead_id = $1 order by s.submission_id"""
KEEP = """
insert into submissions (submission_id, lead_id, phone, email, card)
select $1, lead_id, $3, $4, $5::text::jsonb from leads where lead_id = $2 and not erased on conflict do nothing"""
WROTE = """with life as (insert into signs_of_life (address) values ($1)
                        on conflict (address) do update set at = now())
           insert into sessions (phone) values ($1) on conflict (phone) do update set wrote_at = now()"""
ALIVE = (
    "insert into signs_of_life (address) values ($1) on conflict (address) do update set at = now()"
)
FORM = "select submission_id, lead_id, phone, email, card from submissions where submission_id = $1"


@dataclass(frozen=True, slots=True)
class Known:
    """A lead, and its forms, the oldest first."""

    lead_id: int
    forms: tuple[Addressed, ...]

    def form(self, channel: Channel) -> Form:
        return form_for(channel, self.forms)


class Leads:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, lead_id: int) -> Known:
        """Raises Unavailable for a lead of whom nothing is known yet: its own event is still on the way."""
        rows = await self._database.fetch(FORMS, lead_id)
        if not rows:
            raise Unavailable("the lead's card is not here yet")
        return Known(lead_id, tuple(_addressed(row) for row in rows))

    async def keep(self, event: LeadUpdated) -> None:
        """Keeps a further form of the lead. Raises Unavailable while the lead is not known yet."""
        card = event.card
        if not await self._database.fetch(
            "select true from leads where lead_id = $1", event.lead_id
        ):
            raise Unavailable("the lead's card is not here yet")
        await self._database.fetch(
            KEEP, event.submission_id, event.lead_id, card.phone, card.email, card.model_dump_json()
        )

    async def alive(self, address: str) -> None:
        """Notes a sign of life: a click, a booking."""
        await self._database.fetch(ALIVE, address)

    async def mark_undeliverable(self, address: str) -> None:
        """Nothing more goes to an address that a provider says reaches nobody."""
        await self._database.fetch(
            "insert into undeliverable_addresses (address) values ($1) on conflict do nothing",
            address,
        )

    async def opt_out(
        self, key: str, address: str, channel: str, reason: str, body: dict[str, Any]
    ) -> None:
        """Somebody said stop from this address, or about it. A repeat has no effect."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(NOTED, key, None, body):
                await opt_out(connection, address, channel, reason)

    async def opt_out_at(self, address: str, channel: str, reason: str) -> None:
        """As `opt_out`, where there is no key: twice has no effect either."""
        async with self._database.transaction() as connection:
            await opt_out(connection, address, channel, reason)

    async def stop(self, lead_id: int, channel: str, reason: str) -> None:
        """The lead said stop where no address is known."""
        async with self._database.transaction() as connection:
            await opt_out_lead(connection, lead_id, channel, reason)

    async def opt_in(self, address: str) -> None:
        """Takes back the stop of this one address."""
        await self._database.fetch("delete from opt_outs where address = $1", address)

    async def reply(
        self,
        key: str,
        phone: str,
        body: dict[str, Any],
        replies: Sequence[ReplyReceived],
        *,
        opts_in: bool,
    ) -> None:
        """Keeps what somebody wrote and says it of their lead; `opts_in` takes the number's stop back. Once per key."""
        async with self._database.transaction() as connection:
            if not await connection.fetchval(NOTED, key, None, body):
                return
            if phone:
                await connection.execute(WROTE, phone)
            if opts_in:
                await connection.execute("delete from opt_outs where address = $1", phone)
            await outbox.add(connection, replies)

    async def lead_ids_by_phone(self, phone: str) -> list[int]:
        """The leads with this phone, newest first."""
        rows = await self._database.fetch(
            "select distinct lead_id from submissions where phone = $1 order by lead_id desc", phone
        )
        return [row["lead_id"] for row in rows]

    async def form(self, submission_id: int) -> tuple[int, Form] | None:
        """The form that was answered with this id, and its lead; None for an id that is nobody's."""
        rows = await self._database.fetch(FORM, submission_id)
        if not rows:
            return None
        return rows[0]["lead_id"], Form(submission_id, LeadCard.model_validate(rows[0]["card"]))


def _addressed(row: Any) -> Addressed:
    return Addressed(
        form=Form(row["submission_id"], LeadCard.model_validate(row["card"])),
        email_alive_at=row["email_alive_at"],
        phone_alive_at=row["phone_alive_at"],
        follow_up_mails=row["follow_up_mails"],
        follow_up_texts=row["follow_up_texts"],
    )
