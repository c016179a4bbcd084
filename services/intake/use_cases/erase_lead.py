"""Erases a lead's personal data, and publishes that."""

from contracts.commands.lead import EraseLead
from contracts.events.lead import LeadCard, LeadErased
from kit.database import Database
from kit.messaging import outbox
from services.intake.repositories.submissions import anonymize

ANONYMOUS_CARD = LeadCard(name="")


async def erase_lead(database: Database, command: EraseLead) -> None:
    """Overwrites the lead's personal data, and publishes `lead.erased`. A repeat has no effect.

    The same person's next form makes a new lead.
    """
    fact = LeadErased(event_id=command.fact_id, lead_id=command.lead_id, by=command.by)
    async with database.transaction() as connection:
        await anonymize(connection, command.lead_id, ANONYMOUS_CARD)
        await outbox.add(connection, [fact])
