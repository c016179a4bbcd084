"""Stores concurrent calls in one commit: those that arrive meanwhile form the next batch."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from kit.errors import Unavailable

log = structlog.get_logger()

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Passes single items to `store` in batches; at most `waiting` items may queue.

    `store` returns the results in the order of the batch, within `timeout` seconds.
    """

    def __init__(
        self,
        store: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        batch: int = 200,
        waiting: int = 4000,
        timeout: float = 5.0,
    ) -> None:
        self._store = store
        self._batch = batch
        self._timeout = timeout
        self._queue: asyncio.Queue[tuple[Item, asyncio.Future[Result]]] = asyncio.Queue(waiting)

    async def __call__(self, item: Item) -> Result:
        """Returns the item's result after its commit. Raises Unavailable if it was not stored."""
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((item, answer))
        except asyncio.QueueFull:
            raise Unavailable("too many are waiting to be stored") from None
        return await answer

    async def run(self) -> None:
        """Stores batch after batch, forever.

        The callers of a batch that fails get its error, and the next batch is stored.
        """
        while True:
            batch = [await self._queue.get()]
            while len(batch) < self._batch and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                await self._store_and_answer(batch)
            except Unavailable as outage:
                _refuse(batch, outage)
            except Exception as bug:  # one bad item must not fail the others
                log.error("batch.failed", items=len(batch), exc_info=bug)
                await self._store_each(batch)

    async def _store_each(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        """Stores one item after the other; an outage of the database ends the attempts."""
        for number, waiting in enumerate(batch):
            try:
                await self._store_and_answer([waiting])
            except Unavailable as outage:
                _refuse(batch[number:], outage)
                return
            except Exception as bug:
                log.error("batch.item_failed", exc_info=bug)
                _refuse([waiting], bug)

    async def _store_and_answer(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                results = await self._store([item for item, _ in batch])
        except TimeoutError:
            raise Unavailable("the database took too long") from None
        for (_, answer), result in zip(batch, results, strict=True):
            if not answer.done():
                answer.set_result(result)


def _refuse(batch: Sequence[tuple[Item, asyncio.Future[Result]]], error: Exception) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
