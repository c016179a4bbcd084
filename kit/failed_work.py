"""Publishes the rows that a service cannot process, and retries or discards them on command."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from prometheus_client import Counter

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
from kit.database import Connection, Database
from kit.messaging import outbox

log = structlog.get_logger()

# without a registry here: kit.runtime adds it to the registry of its service
FAILURES = Counter("work_failed", "Rows set aside for a person", ["kind"], registry=None)


@dataclass(frozen=True, slots=True)
class FailedRows:
    """One kind of row, with the SQL that retries or discards the row of id $1 if it has failed."""

    kind: str
    retry: str
    discard: str


OUTBOX_ROWS = FailedRows(
    kind="outbox",
    retry="""
        update outbox
        set failures = 0, failed_at = null, next_attempt_at = now()
        where id = $1 and failed_at is not null
    """,
    discard="delete from outbox where id = $1 and failed_at is not null",
)


async def publish_failed(
    connection: Connection, *, service: str, kind: str, row_id: int, reason: str, lead_id: int = 0
) -> None:
    """Publishes that a row has failed, in the caller's transaction.

    The same transaction sets the row's state.
    """
    event = WorkFailed(service=service, kind=kind, row_id=row_id, reason=reason, lead_id=lead_id)
    await outbox.add(connection, [event])
    FAILURES.labels(kind).inc()


async def carry_out(
    database: Database,
    command: RetryWork | DiscardWork,
    *,
    service: str,
    rows: Sequence[FailedRows],
) -> None:
    """Retries or discards the row, and publishes that fact, in one transaction.

    Another service's row, an unknown kind and a repeated command have no effect.
    """
    if command.service != service:
        return
    for failed_rows in rows:
        if failed_rows.kind == command.kind:
            async with database.transaction() as connection:
                await connection.execute(_statement(failed_rows, command), command.row_id)
                await outbox.add(connection, [_fact(command)])
            log.info(command.topic, kind=command.kind, row_id=command.row_id, by=command.by)


def _fact(command: RetryWork | DiscardWork) -> WorkRetried | WorkDiscarded:
    fact = WorkRetried if isinstance(command, RetryWork) else WorkDiscarded
    return fact(
        event_id=command.fact_id,
        lead_id=command.lead_id,
        service=command.service,
        kind=command.kind,
        row_id=command.row_id,
        by=command.by,
    )


def _statement(failed_rows: FailedRows, command: RetryWork | DiscardWork) -> str:
    match command:
        case RetryWork():
            return failed_rows.retry
        case DiscardWork():
            return failed_rows.discard
