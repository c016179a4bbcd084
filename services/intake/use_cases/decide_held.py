"""Accepts or discards a held submission, as an operator wants."""

from datetime import datetime

import asyncpg

from contracts.commands.submission import AcceptSubmission, DiscardSubmission
from contracts.events.lead import Door, LeadCard
from contracts.events.submission import SubmissionAccepted, SubmissionDiscarded
from kit.database import Database
from kit.messaging import outbox
from services.intake.decisions.persons import Submission
from services.intake.repositories import held_submissions
from services.intake.use_cases.accept_submissions import Received, Sent, accept_within


async def accept_held(database: Database, command: AcceptSubmission, *, now: datetime) -> None:
    """Lets the submission go its way now, under the id that it was answered with.

    A repeat, a platform's test, and a submission that was discarded or erased have no effect.
    """
    async with database.transaction() as connection:
        row = await held_submissions.take(connection, command.lead_id)
        if row is None:
            return
        await accept_within(connection, _received(row, now))
        fact = SubmissionAccepted(event_id=command.fact_id, lead_id=command.lead_id, by=command.by)
        await outbox.add(connection, [fact])


async def discard_held(database: Database, command: DiscardSubmission) -> None:
    """Leaves the submission uncontacted. A repeat has no effect."""
    async with database.transaction() as connection:
        if not await held_submissions.discard(connection, command.lead_id, command.by):
            return
        fact = SubmissionDiscarded(event_id=command.fact_id, lead_id=command.lead_id, by=command.by)
        await outbox.add(connection, [fact])


def _received(row: asyncpg.Record, now: datetime) -> Received:
    submission = Submission(
        card=LeadCard.model_validate(row["card"]),
        content=row["content"],
        source=row["source"],
        door=Door(row["door"]),
        journey=row["journey"],
        first_message=row["first_message"],
        accepted_id=row["submission_id"],
    )
    return Received(
        submission,
        row["remote_address"],
        row["user_agent"],
        row["received_at"],
        page=row["page"],
        sent=Sent(fields=row["fields"] or "{}"),
        accepted_at=now,
    )
