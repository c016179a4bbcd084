"""Concurrent submissions share one commit: whatever gathered during the last one is the next batch."""

import asyncio
from collections.abc import Sequence

import structlog

from kit.failures import Unavailable
from services.intake.decisions import Verdict
from services.intake.store import Received, Store

log = structlog.get_logger()

Waiting = tuple[Received, asyncio.Future[Verdict]]


class Acceptor:
    """Takes submissions one by one and stores them together; at most `waiting` may queue up."""

    def __init__(self, store: Store, *, batch: int = 200, waiting: int = 4000, patience: float = 5.0) -> None:
        self._store, self._batch, self._patience = store, batch, patience
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue(waiting)

    async def accept(self, received: Received) -> Verdict:
        """What became of the submission, after its commit. Raises Unavailable when it was not stored."""
        answer: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((received, answer))
        except asyncio.QueueFull:
            raise Unavailable("too many submissions are waiting") from None
        return await answer

    async def run(self) -> None:
        """Stores batch after batch, for ever. A batch that fails is answered, and the next one is tried."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < self._batch and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                await self._store_and_answer(batch)
            except Unavailable as outage:
                _refuse(batch, outage)
            except Exception as bug:  # one submission that cannot be stored must not fail its neighbours
                log.error("intake.batch_failed", submissions=len(batch), exc_info=bug)
                await self._store_each_alone(batch)

    async def _store_each_alone(self, batch: Sequence[Waiting]) -> None:
        """Stores one after the other; when the database goes away meanwhile, the rest need not be tried."""
        for number, waiting in enumerate(batch):
            try:
                await self._store_and_answer([waiting])
            except Unavailable as outage:
                _refuse(batch[number:], outage)
                return
            except Exception as bug:
                log.error("intake.submission_failed", exc_info=bug)
                _refuse([waiting], bug)

    async def _store_and_answer(self, batch: Sequence[Waiting]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                verdicts = await self._store.accept([received for received, _ in batch])
        except TimeoutError:
            raise Unavailable("the database took too long") from None
        for (_, answer), verdict in zip(batch, verdicts, strict=True):
            if not answer.done():
                answer.set_result(verdict)


def _refuse(batch: Sequence[Waiting], error: Exception) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
