"""A hand on a ringing phone: it picks up or declines, presses keys, hangs up. Whoever waits for it sleeps meanwhile."""

import asyncio
from typing import Literal

Action = Literal["answer", "decline", "press", "hang_up"]


class HungUp(Exception):
    """The person put the phone down."""


class ManualCall:
    """One call's. Must be made inside a running event loop."""

    def __init__(self) -> None:
        self._picked_up: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._keys: asyncio.Queue[str | None] = asyncio.Queue()

    def does(self, action: Action, key: str, *, talking: bool) -> bool:
        """False where it cannot be done, now or any more."""
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

    async def picks_up(self, *, within: float) -> bool | None:
        """None when nobody touched the phone."""
        try:
            return await asyncio.wait_for(self._picked_up, within)
        except TimeoutError:
            return None

    async def key(self, *, within: float) -> str:
        """The next key; empty when none was pressed in time. Raises HungUp."""
        try:
            key = await asyncio.wait_for(self._keys.get(), within)
        except TimeoutError:
            return ""
        if key is None:
            raise HungUp
        return key
