"""Rows that cannot be worked on: set aside with their reason, shown to a person, and tried again when they say so."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.failed_work import DiscardWork, RetryWork, WorkFailed
from kit import outbox
from kit.database import Connection, Database


@dataclass(frozen=True, slots=True)
class FailedRows:
    """One kind of row of a service; the statements act on the row with the id `$1`, while its state is `failed`."""

    kind: str
    retry: str
    discard: str


async def say_failed(
    connection: Connection, *, service: str, kind: str, row_id: int, reason: str, lead_id: int = 0
) -> None:
    """Publishes, in the caller's transaction, that a row was set aside."""
    event = WorkFailed(lead_id=lead_id, service=service, kind=kind, row_id=row_id, reason=reason)
    await outbox.add(connection, [event])


async def carry_out(
    database: Database, command: RetryWork | DiscardWork, *, service: str, rows: Sequence[FailedRows]
) -> None:
    """Does what an operator decided about a row. A command for another service, or said twice, has no effect."""
    if command.service != service:
        return
    for kind in rows:
        if kind.kind == command.kind:
            statement = kind.retry if isinstance(command, RetryWork) else kind.discard
            await database.write(statement, command.row_id)
