"""data/actions_log.json: a JSON array that is whole whenever it is read, and follows the database."""

import json
import os
from pathlib import Path
from typing import Any, Protocol

from kit.leader import Lead

FLUSH = 500


class Actions(Protocol):
    """What the file follows."""

    async def actions(self, *, after: int, limit: int) -> list[dict[str, Any]]: ...

    async def newest_id(self) -> int: ...


class ActionsLog:
    """One writer at a time, who must be elected. The file is replaced, never edited: a reader, or a crash, sees the old
    or the new one.
    """

    _lead: Lead

    def __init__(self, path: Path, store: Actions, *, rotate_at: int, keep: int) -> None:
        self._path, self._store, self._rotate_at, self._keep = path, store, rotate_at, keep
        self._lines: list[str] = []
        self._last: int | None = None

    def elected(self, lead: Lead) -> None:
        """Another writer may have been at work: the file says how far it came."""
        self._lead, self._last = lead, None

    async def follow(self) -> bool:
        """Writes what is new; True when there is more, so that single events gather until the next round."""
        if self._last is None:
            await self._resume()
        assert self._last is not None
        actions = await self._store.actions(after=self._last, limit=FLUSH)
        if not actions:
            return False
        await self._lead.holds()
        for one in actions:
            if len(self._lines) >= self._rotate_at:
                self._write()
                self._rotate()
            self._lines.append(json.dumps(one, ensure_ascii=False))
        self._write()
        self._last = actions[-1]["id"]
        return len(actions) == FLUSH

    async def _resume(self) -> None:
        """Goes on after the file's last action; where there is no readable file, with the newest that fit into one.

        A file whose last action the table does not have was written before a restore: it becomes an older one.
        """
        try:
            actions: list[dict[str, Any]] = json.loads(self._path.read_text())
            last = int(actions[-1]["id"])
        except (OSError, ValueError, LookupError, TypeError):
            actions, last = [], await self._first()
        else:
            found = await self._store.actions(after=last - 1, limit=1)
            if [one["event_id"] for one in found] != [actions[-1].get("event_id")]:
                self._rotate()
                actions, last = [], await self._first()
        self._lines = [json.dumps(one, ensure_ascii=False) for one in actions]
        self._last = last

    async def _first(self) -> int:
        """After which action a new file begins."""
        return max(0, await self._store.newest_id() - self._rotate_at)

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with fresh.open("w") as file:
            file.write("[\n" + ",\n".join(self._lines) + "\n]\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def _rotate(self) -> None:
        """actions_log.json becomes actions_log.1.json, that actions_log.2.json, and so on."""
        self._older(self._keep).unlink(missing_ok=True)
        for number in range(self._keep - 1, 0, -1):
            if self._older(number).exists():
                self._older(number).replace(self._older(number + 1))
        os.link(self._path, self._older(1))
        self._lines = []

    def _older(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.stem}.{number}{self._path.suffix}")
