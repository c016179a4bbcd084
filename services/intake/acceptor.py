"""Concurrent submissions share one commit: whatever gathered during the last one is the next batch."""

import asyncio

import structlog

from kit.failures import Unavailable
from services.intake.decisions import Verdict
from services.intake.store import Received, Store

log = structlog.get_logger()


class Acceptor:
    """Takes submissions one by one and stores them together; at most `waiting` may queue up."""

    def __init__(self, store: Store, *, batch: int = 200, waiting: int = 4000, patience: float = 5.0) -> None:
        self._store, self._batch, self._patience = store, batch, patience
        self._queue: asyncio.Queue[tuple[Received, asyncio.Future[Verdict]]] = asyncio.Queue(waiting)

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
                for _, answer in batch:
                    _refuse(answer, outage)
            except Exception as error:  # a submission that cannot be stored must not fail its neighbours
                log.error("intake.batch_failed", exc_info=error)
                for waiting in batch:
                    await self._store_alone(waiting)

    async def _store_alone(self, one: tuple[Received, asyncio.Future[Verdict]]) -> None:
        try:
            await self._store_and_answer([one])
        except Exception as error:
            log.error("intake.submission_failed", exc_info=error)
            _refuse(one[1], error)

    async def _store_and_answer(self, batch: list[tuple[Received, asyncio.Future[Verdict]]]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                verdicts = await self._store.accept([received for received, _ in batch])
        except TimeoutError:
            raise Unavailable("the database took too long") from None
        for (_, answer), verdict in zip(batch, verdicts, strict=True):
            if not answer.done():
                answer.set_result(verdict)


def _refuse(answer: asyncio.Future[Verdict], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
