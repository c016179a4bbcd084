"""Concurrent calls share one commit: whatever gathered during the last one is the next batch."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from kit.errors import Unavailable

log = structlog.get_logger()

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Takes items one by one and has them stored together, by `store`; at most `waiting` may queue up.

    `store` answers a batch in its order, within `patience` seconds.
    """

    def __init__(
        self,
        store: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        batch: int = 200,
        waiting: int = 4000,
        patience: float = 5.0,
    ) -> None:
        self._store, self._batch, self._patience = store, batch, patience
        self._queue: asyncio.Queue[tuple[Item, asyncio.Future[Result]]] = asyncio.Queue(waiting)

    async def __call__(self, item: Item) -> Result:
        """What became of the item, after its commit. Raises Unavailable when it was not stored."""
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((item, answer))
        except asyncio.QueueFull:
            raise Unavailable("too many are waiting to be stored") from None
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
            except Exception as bug:  # one item that cannot be stored must not fail its neighbours
                log.error("batch.failed", items=len(batch), exc_info=bug)
                await self._store_each_alone(batch)

    async def _store_each_alone(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        """Stores one after the other; when the database goes away meanwhile, the rest need not be tried."""
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
            async with asyncio.timeout(self._patience):
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
