"""Accepts a batch of submissions: reads, classifies, and stores them with their events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.events.base import Event
from contracts.events.lead import LeadCard, LeadCreated, LeadSuperseded, LeadUpdated
from kit.database import Database
from kit.observability import tracing
from services.intake.decisions.persons import (
    Earlier,
    Existing,
    Join,
    NewLead,
    Quarantine,
    Submission,
    Verdict,
    addresses,
    carried,
    classify,
)
from services.intake.repositories.submissions import (
    NewRows,
    Snapshot,
    SubmissionRow,
    read_snapshot,
    write,
    write_and_merge,
)

JOIN_WINDOW = timedelta(days=1)  # within it, a form joins its answered lead silently
REPEAT_WINDOW = timedelta(minutes=10)  # within it, the same content is the same form


@dataclass(frozen=True, slots=True)
class Received:
    """A submission with the time and the origin of its request, the evidence of its consent."""

    submission: Submission
    remote_address: str
    user_agent: str
    received_at: datetime
    trace: str = field(default_factory=tracing.current)


Stored = tuple[Received, NewLead | Join | Quarantine]


async def accept_submissions(database: Database, batch: Sequence[Received]) -> list[Verdict]:
    """Stores the batch with its events, and returns the verdict on each submission.

    The statement that writes has no effect if another batch was written since the snapshot was
    read. The snapshot is then read again. Two forms of one person that reach two replicas are
    therefore one lead. Raises Unavailable when nothing was stored.
    """
    submissions = [received.submission for received in batch]
    while True:
        snapshot = await _read(database, submissions)
        verdicts = classify(submissions, _existing(snapshot), snapshot.fresh_ids)
        stored = [
            (received, verdict)
            for received, verdict in zip(batch, verdicts, strict=True)
            if isinstance(verdict, NewLead | Join | Quarantine)
        ]
        if not stored or await _write(database, _new_rows(stored, snapshot)):
            return verdicts


async def _read(database: Database, submissions: Sequence[Submission]) -> Snapshot:
    batch_addresses: list[str] = []
    for submission in submissions:
        batch_addresses += addresses(submission.card)
    return await read_snapshot(
        database,
        count=len(submissions),
        addresses=batch_addresses,
        keys=[submission.key for submission in submissions if submission.key is not None],
        contents=[submission.content for submission in submissions],
        join_window=JOIN_WINDOW,
        repeat_window=REPEAT_WINDOW,
    )


def _existing(snapshot: Snapshot) -> Existing:
    return Existing(
        keys=snapshot.keys,
        contents=snapshot.contents,
        earlier=[
            Earlier(
                row.lead_id, row.person_id, LeadCard.model_validate(row.card), row.ended, row.recent
            )
            for row in snapshot.earlier
        ],
    )


async def _write(database: Database, rows: NewRows) -> bool:
    """Returns False, with no effect, if another batch was written since the snapshot was read."""
    if not rows.merges:  # the usual case: a single statement, without a transaction around it
        return await write(database, rows)
    async with database.transaction() as connection:
        return await write_and_merge(connection, rows)


def _new_rows(stored: Sequence[Stored], snapshot: Snapshot) -> NewRows:
    rows = NewRows(version=snapshot.version)
    for received, verdict in stored:
        rows.submissions.append(_submission_row(received, verdict))
        rows.events += [
            (event, received.trace) for event in _events(received, verdict, snapshot.journey)
        ]
        if not isinstance(verdict, Quarantine):
            rows.superseded_lead_ids += verdict.supersedes
        if isinstance(verdict, Join):
            rows.merges += [(merged, verdict.person_id) for merged in verdict.merges]
            if verdict.returned:
                rows.answered_lead_ids.append(verdict.lead_id)
    return rows


def _submission_row(received: Received, verdict: NewLead | Join | Quarantine) -> SubmissionRow:
    submission = received.submission
    return SubmissionRow(
        submission_id=verdict.submission_id,
        lead_id=verdict.lead_id,
        person_id=verdict.lead_id if isinstance(verdict, Quarantine) else verdict.person_id,
        suspect=isinstance(verdict, Quarantine),
        card=submission.card,
        content=submission.content,
        key=submission.key,
        remote_address=received.remote_address,
        user_agent=received.user_agent,
    )


def _events(
    received: Received, verdict: NewLead | Join | Quarantine, journey: str | None
) -> list[Event]:
    card = carried(received.submission.card)
    match verdict:
        case Quarantine():
            return []
        case NewLead(lead_id, person_id):
            event: Event = LeadCreated(
                lead_id=lead_id,
                card=card,
                received_at=received.received_at,
                person_id=person_id,
                journey=journey,
            )
        case Join(submission_id, lead_id, person_id, changed, returned):
            event = LeadUpdated(
                lead_id=lead_id,
                submission_id=submission_id,
                person_id=person_id,
                card=card,
                changed=changed,
                returned=returned,
                received_at=received.received_at,
                journey=journey,
            )
    superseded = [
        LeadSuperseded(lead_id=lead_id, by_lead_id=verdict.lead_id, person_id=verdict.person_id)
        for lead_id in verdict.supersedes
    ]
    return [event, *superseded]
