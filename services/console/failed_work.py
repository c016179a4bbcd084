"""Lists, retries and discards both kinds of failed work: dead letters, and failed rows.

A failed row is shown as a letter is, so that one page and one command are enough for both.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import structlog

from contracts.commands.failed_work import DiscardWork, RetryWork
from services.console.dead_letters import ActionResult, DeadLetters, Publish
from services.console.decisions.dead_letters import FailedRow, Letter, letter_of
from services.console.repositories.metrics import Metrics

log = structlog.get_logger()

MAX_ROWS = 1000
# seconds between the attempts to find a letter that another reader has fetched
PAUSES = (0.2, 0.6, 1.2, 2.0, 0.0)

Action = Callable[[Collection[str], str], Awaitable[ActionResult]]


@dataclass(frozen=True, slots=True)
class FailedWork:
    """Dead letters and failed rows.

    Raises what `DeadLetters` raises when the broker is unavailable, and Unavailable for the
    database.
    """

    dead_letters: DeadLetters
    metrics: Metrics
    publish: Publish

    async def letters(self, *, limit: int) -> list[Letter]:
        """Returns the oldest `limit` messages of each service, and as many rows."""
        dead_letters = await self.dead_letters.letters(limit=limit)
        rows = await self.metrics.failed_work(limit=limit)
        return [*dead_letters, *map(letter_of, rows)]

    async def replay(self, letter_ids: Collection[str], by: str) -> ActionResult:
        """Retries these letters. Twice is harmless: consumers and owners of rows deduplicate."""
        rows = await self._rows(letter_ids)
        for row in rows:
            await self._command(RetryWork, row, by)
        remaining = set(letter_ids) - {row.letter_id for row in rows}
        result = await _until_found(self.dead_letters.replay, remaining, by)
        return ActionResult([*map(letter_of, rows), *result.done], result.stayed)

    async def discard(self, letter_ids: Collection[str], by: str) -> ActionResult:
        """Discards these letters, on the record."""
        rows = await self._rows(letter_ids)
        for row in rows:
            await self._command(DiscardWork, row, by)
        remaining = set(letter_ids) - {row.letter_id for row in rows}
        result = await _until_found(self.dead_letters.discard, remaining, by)
        return ActionResult([*map(letter_of, rows), *result.done], result.stayed)

    async def _rows(self, letter_ids: Collection[str]) -> list[FailedRow]:
        if not letter_ids:
            return []
        return await self.metrics.failed_work(limit=MAX_ROWS, letter_ids=list(letter_ids))

    async def _command(
        self, command_class: type[RetryWork | DiscardWork], row: FailedRow, by: str
    ) -> None:
        command = command_class(
            lead_id=row.lead_id,
            service=row.service,
            kind=row.kind,
            row_id=row.row_id,
            by=by,
        )
        await self.publish(command)
        log.info(
            "failed_work.requested",
            order=command.topic,
            lead_id=row.lead_id,
            queue=letter_of(row).queue,
        )


async def _until_found(action: Action, letter_ids: Collection[str], by: str) -> ActionResult:
    """Acts on these letters, in several attempts.

    A reader of the letters, in another replica too, keeps them from others for a moment.
    """
    remaining = set(letter_ids)
    total = ActionResult([])
    for pause in PAUSES:
        if not remaining:
            break
        result = await action(remaining, by)
        total.done.extend(result.done)
        total.stayed.extend(result.stayed)
        remaining -= {letter.letter_id for letter in result.done}
        remaining -= {letter.letter_id for letter in result.stayed}
        if remaining:
            await asyncio.sleep(pause)
    return total
