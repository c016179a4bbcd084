"""Connects a person's actions on the page to a simulated call that waits for them."""

import asyncio
from typing import Literal

Action = Literal["answer", "decline", "press", "hang_up"]


class HungUp(Exception):
    """The person hung up."""


class ManualCall:
    """A call that a person answers by hand. Create it inside a running event loop."""

    def __init__(self) -> None:
        self._picked_up: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._keys: asyncio.Queue[str | None] = asyncio.Queue()

    def perform(self, action: Action, key: str, *, talking: bool) -> bool:
        """Returns False where the action is not possible now or any more."""
        match action:
            case "answer" | "decline" if not self._picked_up.done():
                self._picked_up.set_result(action == "answer")
            case "press" if talking:
                self._keys.put_nowait(key)
            case "hang_up" if talking:
                self._keys.put_nowait(None)
            case _:
                return False
        return True

    async def wait_for_pick_up(self, *, within: float) -> bool | None:
        """Returns True for answered, False for declined, None where nobody did either in time."""
        try:
            return await asyncio.wait_for(self._picked_up, within)
        except TimeoutError:
            return None

    async def wait_for_key(self, *, within: float) -> str:
        """Returns the next key, empty where none was pressed in time. Raises HungUp."""
        try:
            key = await asyncio.wait_for(self._keys.get(), within)
        except TimeoutError:
            return ""
        if key is None:
            raise HungUp
        return key
