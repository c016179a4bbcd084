"""What nobody could do, of both kinds: messages parked in the broker, and rows that a service has set aside.

A row is shown as a letter is, so that one page and one command are enough for both.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import structlog

from contracts.commands.failed_work import DiscardWork, FailedWorkCommand, RetryWork
from services.console.dead_letters import Acted, DeadLetters, Say
from services.console.decisions.dead_letters import FailedRow, Letter, letter_of
from services.console.repositories.metrics import Figures

log = structlog.get_logger()

AT_ONCE = 1000
PAUSES = (
    0.2,
    0.6,
    1.2,
    2.0,
    0.0,
)  # seconds between the tries to find a letter that somebody looks at

Act = Callable[[Collection[str], str], Awaitable[Acted]]


@dataclass(frozen=True, slots=True)
class SetAside:
    """Raises what its dead letters raise when the broker is away, and Unavailable for the database."""

    dead_letters: DeadLetters
    figures: Figures
    publish: Say

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
        acted = await _until_found(self.dead_letters.replay, rest, by)
        return Acted([*map(letter_of, rows), *acted.done], acted.stayed)

    async def discard(self, letter_ids: Collection[str], by: str) -> Acted:
        """Has these left undone, on the record."""
        rows = await self._rows(letter_ids)
        for row in rows:
            await self._command(DiscardWork, row, by)
        rest = set(letter_ids) - {row.letter_id for row in rows}
        acted = await _until_found(self.dead_letters.discard, rest, by)
        return Acted([*map(letter_of, rows), *acted.done], acted.stayed)

    async def _rows(self, letter_ids: Collection[str]) -> list[FailedRow]:
        if not letter_ids:
            return []
        return await self.figures.failed_work(limit=AT_ONCE, letter_ids=list(letter_ids))

    async def _command(self, command: type[FailedWorkCommand], row: FailedRow, by: str) -> None:
        named = {
            "lead_id": row.lead_id,
            "service": row.service,
            "kind": row.kind,
            "row_id": row.row_id,
        }
        event = command(**named, by=by)
        await self.publish(event)
        log.info(
            "failed_work.ordered",
            order=event.topic,
            lead_id=row.lead_id,
            queue=letter_of(row).queue,
        )


async def _until_found(act: Act, letter_ids: Collection[str], by: str) -> Acted:
    """Acts on these letters. Whoever looks at them holds them for a moment, in another replica too: it tries again."""
    left, all_acted = set(letter_ids), Acted([])
    for pause in PAUSES:
        if not left:
            break
        acted = await act(left, by)
        all_acted.done.extend(acted.done)
        all_acted.stayed.extend(acted.stayed)
        left -= {letter.letter_id for letter in (*acted.done, *acted.stayed)}
        if left:
            await asyncio.sleep(pause)
    return all_acted
