"""Erases a lead's personal data, and publishes that."""

from contracts.commands.lead import EraseLead
from contracts.events.lead import LeadCard, LeadErased
from kit.database import Database
from kit.messaging import outbox
from services.intake.decisions.persons import same_person
from services.intake.repositories import deliveries, held_submissions, imports
from services.intake.repositories.submissions import anonymize, cards_of

ANONYMOUS_CARD = LeadCard(name="")


async def erase_lead(database: Database, command: EraseLead) -> None:
    """Overwrites the lead's personal data, and publishes `lead.erased`. A repeat has no effect.

    The same person's held submissions go too; the person's next form makes a new lead.
    """
    fact = LeadErased(event_id=command.fact_id, lead_id=command.lead_id, by=command.by)
    async with database.transaction() as connection:
        cards = [LeadCard.model_validate(card) for card in await cards_of(connection, fact.lead_id)]
        held = [
            submission_id
            for submission_id, card in await held_submissions.of_lead(connection, fact.lead_id)
            if submission_id == fact.lead_id or _is_one_of(LeadCard.model_validate(card), cards)
        ]
        await deliveries.erase(connection, fact.lead_id, held)
        await imports.erase(connection, fact.lead_id, held)
        await held_submissions.delete(connection, held)
        await anonymize(connection, command.lead_id, ANONYMOUS_CARD)
        await outbox.add(connection, [fact])


def _is_one_of(card: LeadCard, cards: list[LeadCard]) -> bool:
    return any(same_person(card, known) for known in cards)
