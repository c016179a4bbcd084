"""Erases a lead: nothing that is kept of it identifies the person.

Only its addresses stay, among those that are never contacted again. Ids and outcomes stay too.
"""

from contracts.events.lead import LeadCard
from contracts.events.touch import SkipReason, TouchSkipped
from domain.addresses import canonical
from kit.database import Database
from kit.errors import Unavailable
from kit.messaging import outbox
from services.notify.decisions.limits import mailbox
from services.notify.operators import OPERATOR_CHANNEL
from services.notify.repositories import erasure, links, touches
from services.notify.use_cases.opt_out import lock_addresses, opt_out_everywhere

ANONYMOUS_CARD = LeadCard(name="").model_dump_json()
# WhatsApp writes Mexican numbers with another digit after +52; the last ten are the same
LAST_DIGITS = 10


async def erase_lead(lead_id: int, database: Database) -> None:
    """Opts the lead out for good first, then overwrites everything that identifies the person.

    Raises Unavailable while the lead is unknown, and while one of its touches is being sent.
    """
    async with database.transaction() as connection:
        addresses = await lock_addresses(connection, lead_id)
        await opt_out_everywhere(connection, lead_id, addresses, OPERATOR_CHANNEL, "erased")
    async with database.transaction() as connection:
        addresses = await lock_addresses(connection, lead_id)
        if await touches.is_sending(connection, lead_id):
            raise Unavailable("a touch is being sent")
        await links.delete(connection, lead_id)
        skipped = await touches.skip_planned(connection, lead_id, SkipReason.OPERATOR)
        events = [TouchSkipped(**touch.about(), reason=SkipReason.OPERATOR) for touch in skipped]
        await outbox.add(connection, events)
        mailboxes = [mailbox(address) for address in addresses if "@" in address]
        compared = [canonical(address) for address in addresses]
        await erasure.overwrite(
            connection,
            lead_id,
            fragments=[_fragment(address) for address in {*addresses, *compared}],
            addresses=compared + mailboxes,
            card=ANONYMOUS_CARD,
        )


def _fragment(address: str) -> str:
    """Returns the part of an address that callbacks repeat."""
    return address if "@" in address else address[-LAST_DIGITS:]
