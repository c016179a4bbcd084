"""What nobody could do, of both kinds: messages parked in the broker, and rows that a service has set aside.

A row is shown as a letter is, so that one page and one command are enough for both.
"""

from collections.abc import Collection
from dataclasses import dataclass

import structlog

from contracts.failed_work import DiscardWork, FailedWorkCommand, RetryWork
from services.console.dead_letters import Acted, DeadLetters, Say
from services.console.decisions.letters import FailedRow, Letter, letter_of
from services.console.store.figures import Figures

log = structlog.get_logger()

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class SetAside:
    """Raises what its dead letters raise when the broker is away, and Unavailable for the database."""

    dead_letters: DeadLetters
    figures: Figures
    say: Say

    async def letters(self, *, limit: int) -> list[Letter]:
        """The oldest `limit` messages of each service, and as many rows."""
        parked = await self.dead_letters.letters(limit=limit)
        rows = await self.figures.failed_work(limit=limit)
        return [*parked, *map(letter_of, rows)]

    async def replay(self, letter_ids: Collection[str], by: str) -> Acted:
        """Has these tried again. Twice is harmless: consumers know, and who owns a row does too."""
        rows = await self._rows(letter_ids)
        for row in rows:
            await self._command(RetryWork, row, by)
        rest = set(letter_ids) - {row.letter_id for row in rows}
        acted = await self.dead_letters.replay(rest, by) if rest else Acted([])
        return Acted([*map(letter_of, rows), *acted.done], acted.stayed)

    async def discard(self, letter_ids: Collection[str], by: str) -> Acted:
        """Has these left undone, on the record."""
        rows = await self._rows(letter_ids)
        for row in rows:
            await self._command(DiscardWork, row, by)
        rest = set(letter_ids) - {row.letter_id for row in rows}
        acted = await self.dead_letters.discard(rest, by) if rest else Acted([])
        return Acted([*map(letter_of, rows), *acted.done], acted.stayed)

    async def _rows(self, letter_ids: Collection[str]) -> list[FailedRow]:
        if not letter_ids:
            return []
        return await self.figures.failed_work(limit=AT_ONCE, letter_ids=list(letter_ids))

    async def _command(self, command: type[FailedWorkCommand], row: FailedRow, by: str) -> None:
        named = {"lead_id": row.lead_id, "service": row.service, "kind": row.kind, "row_id": row.row_id}
        event = command(**named, by=by)
        await self.say(event)
        log.info("failed_work.ordered", order=event.topic, lead_id=row.lead_id, queue=letter_of(row).queue)
