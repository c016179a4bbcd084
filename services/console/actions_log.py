"""Writes data/actions_log.json: a JSON array, complete at any moment, that follows the database."""

import json
import os
from pathlib import Path
from typing import Any, Protocol

from kit.leader import Lead

FLUSH = 500


class ActionsReader(Protocol):
    """The audit log that the file follows."""

    async def actions(self, *, after: int, limit: int) -> list[dict[str, Any]]: ...

    async def newest_id(self) -> int: ...


class ActionsLog:
    """The file. It has one writer at a time, which must be elected.

    The file is replaced, never edited, so that a reader or a crash finds the old or the new one.
    """

    _lead: Lead

    def __init__(self, path: Path, actions: ActionsReader, *, rotate_at: int, keep: int) -> None:
        self._path = path
        self._actions = actions
        self._rotate_at = rotate_at
        self._keep = keep
        self._lines: list[str] = []
        self._last: int | None = None

    def elected(self, lead: Lead) -> None:
        """Starts as the writer. Another one may have written since, so the file is read first."""
        self._lead = lead
        self._last = None

    async def follow(self) -> bool:
        """Writes the new actions. Returns True when there are more.

        After the last of them it returns False, so that single actions gather until the next run.
        """
        if self._last is None:
            await self._resume()
        assert self._last is not None
        actions = await self._actions.actions(after=self._last, limit=FLUSH)
        if not actions:
            return False
        await self._lead.holds()
        for action in actions:
            if len(self._lines) >= self._rotate_at:
                self._write()
                self._rotate()
            self._lines.append(json.dumps(action, ensure_ascii=False))
        self._write()
        self._last = actions[-1]["id"]
        return len(actions) == FLUSH

    async def _resume(self) -> None:
        """Continues after the file's last action.

        Without a readable file it starts with the newest actions that fit into one file. A file
        whose last action is not in the table was written before a restore, and is rotated.
        """
        try:
            actions: list[dict[str, Any]] = json.loads(self._path.read_text())
            last = int(actions[-1]["id"])
        except (OSError, ValueError, LookupError, TypeError):
            actions = []
            last = await self._start()
        else:
            found = await self._actions.actions(after=last - 1, limit=1)
            if [action["event_id"] for action in found] != [actions[-1].get("event_id")]:
                self._rotate()
                actions = []
                last = await self._start()
        self._lines = [json.dumps(action, ensure_ascii=False) for action in actions]
        self._last = last

    async def _start(self) -> int:
        """Returns the id of the action after which a new file begins."""
        return max(0, await self._actions.newest_id() - self._rotate_at)

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new_file = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with new_file.open("w") as file:
            file.write("[\n" + ",\n".join(self._lines) + "\n]\n")
            file.flush()
            os.fsync(file.fileno())
        new_file.replace(self._path)

    def _rotate(self) -> None:
        """Renames actions_log.json to actions_log.1.json, that to actions_log.2.json, and so on."""
        self._older(self._keep).unlink(missing_ok=True)
        for number in range(self._keep - 1, 0, -1):
            if self._older(number).exists():
                self._older(number).replace(self._older(number + 1))
        os.link(self._path, self._older(1))
        self._lines = []

    def _older(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.stem}.{number}{self._path.suffix}")
