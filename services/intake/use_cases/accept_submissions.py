"""Accepts a batch of submissions: reads, classifies, and stores them with their events."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.events.base import Event
from contracts.events.lead import LeadCard, LeadCreated, LeadSuperseded, LeadUpdated
from contracts.events.submission import SubmissionHeld
from kit.database import Connection, Database
from kit.observability import tracing
from services.intake.decisions.persons import (
    NO_FOLLOW_UP,
    Earlier,
    Existing,
    Held,
    Join,
    NewLead,
    Submission,
    Verdict,
    addresses,
    carried,
    classify,
    folded,
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
NAMES_WINDOW = timedelta(minutes=10)  # within it, the names that one visitor gives are counted
PREVIEW_BATCH = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """What a source sent, word for word. `fields` is its JSON, as `as_sent` makes it.

    `body` is None where it is stored already.
    """

    fields: str = "{}"
    content_type: str = ""
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A submission with the time, the page and the origin of its request: its consent's evidence.

    `accepted_at` is when an operator let a held one go its way; its hours begin then.
    """

    submission: Submission
    remote_address: str
    user_agent: str
    received_at: datetime
    page: str = ""
    sent: Sent = Sent()
    accepted_at: datetime | None = None
    trace: str = field(default_factory=tracing.current)


Stored = tuple[Received, NewLead | Join | Held]


async def accept_submissions(database: Database, batch: Sequence[Received]) -> list[Verdict]:
    """Stores the batch with its events, and returns the verdict on each submission.

    The statement that writes has no effect if another batch was written since the snapshot was
    read. The snapshot is then read again. Two forms of one person that reach two replicas are
    therefore one lead. Raises Unavailable when nothing was stored.
    """
    while True:
        verdicts, rows = await _classify(database, batch)
        if not rows.submissions or await _write(database, rows):
            return verdicts


async def accept_within(connection: Connection, received: Received) -> None:
    """Stores a submission with its events in the caller's transaction."""
    written = False
    while not written:
        _, rows = await _classify(connection, [received])
        written = await write_and_merge(connection, rows)


async def preview_submissions(
    database: Database, submissions: Sequence[Submission]
) -> list[Verdict]:
    """Returns the verdict that each submission would get. Nothing is stored."""
    known = Existing(keys={}, contents={}, earlier=[])
    fresh_ids: list[int] = []
    for start in range(0, len(submissions), PREVIEW_BATCH):
        snapshot = await _read(database, submissions[start : start + PREVIEW_BATCH])
        found = _existing(snapshot)
        known = Existing(
            keys={},
            contents={**known.contents, **found.contents},
            earlier=[*known.earlier, *found.earlier],
        )
        fresh_ids += snapshot.fresh_ids
    return await asyncio.to_thread(classify, submissions, known, fresh_ids)


async def _classify(
    database: Database | Connection, batch: Sequence[Received]
) -> tuple[list[Verdict], NewRows]:
    submissions = [received.submission for received in batch]
    snapshot = await _read(database, submissions)
    verdicts = classify(submissions, _existing(snapshot), snapshot.fresh_ids)
    stored = [
        (received, verdict)
        for received, verdict in zip(batch, verdicts, strict=True)
        if isinstance(verdict, NewLead | Join | Held)
    ]
    return verdicts, _new_rows(stored, snapshot)


async def _read(database: Database | Connection, submissions: Sequence[Submission]) -> Snapshot:
    batch_addresses: list[str] = []
    for submission in submissions:
        batch_addresses += addresses(submission.card)
    return await read_snapshot(
        database,
        count=len(submissions),
        addresses=batch_addresses,
        keys=[submission.key for submission in submissions if submission.key is not None],
        contents=[submission.content for submission in submissions],
        external_ids=[
            (submission.source, submission.external_id)
            for submission in submissions
            if submission.external_id
        ],
        visitors=[
            submission.card.visitor
            for submission in submissions
            if submission.card.visitor and submission.most_names is not None
        ],
        join_window=JOIN_WINDOW,
        repeat_window=REPEAT_WINDOW,
        names_window=NAMES_WINDOW,
    )


def _existing(snapshot: Snapshot) -> Existing:
    names: dict[str, set[str]] = {}
    for visitor, name in snapshot.names:
        names.setdefault(visitor, set()).update(filter(None, [folded(name)]))
    return Existing(
        keys=snapshot.keys,
        contents=snapshot.contents,
        earlier=[
            Earlier(
                row.lead_id,
                row.person_id,
                LeadCard.model_validate(row.card),
                row.ended,
                row.recent,
                row.ended_at,
            )
            for row in snapshot.earlier
        ],
        external_ids=snapshot.external_ids,
        names=names,
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
        if not isinstance(verdict, Held):
            rows.superseded_lead_ids += verdict.supersedes
        if isinstance(verdict, Join):
            rows.merges += [(merged, verdict.person_id) for merged in verdict.merges]
            if verdict.returned:
                rows.answered_lead_ids.append(verdict.lead_id)
    return rows


def _submission_row(received: Received, verdict: NewLead | Join | Held) -> SubmissionRow:
    submission = received.submission
    sent = received.sent
    answer = verdict.submission_id
    return SubmissionRow(
        submission_id=answer,
        lead_id=answer if isinstance(verdict, Held) else verdict.lead_id,
        person_id=answer if isinstance(verdict, Held) else verdict.person_id,
        ended=NO_FOLLOW_UP if submission.quiet else None,
        reason=verdict.reason if isinstance(verdict, Held) else None,
        source=submission.source,
        external_id=submission.external_id,
        door=submission.door,
        journey=submission.journey,
        first_message=submission.first_message,
        card=submission.card,
        content=submission.content,
        key=submission.key,
        fields=sent.fields,
        remote_address=received.remote_address,
        user_agent=received.user_agent,
        page=received.page,
        received_at=received.received_at,
        content_type=sent.content_type,
        body=sent.body,
    )


def _events(
    received: Received, verdict: NewLead | Join | Held, current_journey: str | None
) -> list[Event]:
    submission = received.submission
    card = carried(submission.card)
    journey = submission.journey or current_journey
    received_at = received.accepted_at or received.received_at
    match verdict:
        case Held(submission_id, reason):
            return [
                SubmissionHeld(
                    lead_id=submission_id,
                    source=submission.source,
                    reason=reason,
                    received_at=received_at,
                )
            ]
        case NewLead(lead_id, person_id):
            event: Event = LeadCreated(
                lead_id=lead_id,
                card=card,
                received_at=received_at,
                person_id=person_id,
                journey=journey,
                door=submission.door,
                first_message=submission.first_message,
            )
        case Join(submission_id, lead_id, person_id, changed, returned):
            event = LeadUpdated(
                lead_id=lead_id,
                submission_id=submission_id,
                person_id=person_id,
                card=card,
                changed=changed,
                returned=returned,
                received_at=received_at,
                journey=journey,
                door=submission.door,
                first_message=submission.first_message,
            )
    superseded = [
        LeadSuperseded(lead_id=lead_id, by_lead_id=verdict.lead_id, person_id=verdict.person_id)
        for lead_id in verdict.supersedes
    ]
    return [event, *superseded]
