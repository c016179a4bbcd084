"""data/actions_log.json is valid whenever it is read, and complete over rotation and crashes."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.console.actions_log import FLUSH, ActionsLog
from tests.builders import SteadyLead


class Actions:
    """The table of actions in memory. Other tests run the SQL on a real database."""

    def __init__(self, installation: str = "") -> None:
        self.installation = installation
        self.rows = list[dict[str, Any]]()

    def add(self, count: int) -> None:
        start = len(self.rows) + 1
        self.rows += [
            {
                "id": number,
                "action": "touch.sent",
                "lead_id": number,
                "event_id": f"{self.installation}/{number}",
            }
            for number in range(start, start + count)
        ]

    async def actions(
        self, *, after: int = 0, lead_id: int | None = None, limit: int = 1000
    ) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["id"] > after][:limit]

    async def newest_id(self) -> int:
        return len(self.rows)


def a_log(folder: Path, actions: Actions, *, rotate_at: int = 10, keep: int = 3) -> ActionsLog:
    log = ActionsLog(folder / "actions_log.json", actions, rotate_at=rotate_at, keep=keep)
    log.elected(SteadyLead())
    return log


def ids(path: Path) -> list[int]:
    return [row["id"] for row in json.loads(path.read_text())]


async def test_new_actions_are_appended_and_the_file_is_always_an_array(tmp_path: Path) -> None:
    actions = Actions()
    log = a_log(tmp_path, actions)
    for count in (1, 4, 2):
        actions.add(count)
        assert not await log.follow()
        assert ids(tmp_path / "actions_log.json") == list(range(1, len(actions.rows) + 1))
    actions.add(FLUSH + 1)
    assert await log.follow()
    assert not await log.follow()


async def test_a_full_file_becomes_the_first_of_the_older_ones(tmp_path: Path) -> None:
    actions = Actions()
    log = a_log(tmp_path, actions)
    for _ in range(12):
        actions.add(4)
        await log.follow()

    assert ids(tmp_path / "actions_log.json") == list(range(41, 49))
    assert ids(tmp_path / "actions_log.1.json") == list(range(31, 41))
    assert ids(tmp_path / "actions_log.3.json") == list(range(11, 21))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "actions_log.1.json",
        "actions_log.2.json",
        "actions_log.3.json",
        "actions_log.json",
    ]


async def test_a_new_writer_goes_on_where_the_file_ends(tmp_path: Path) -> None:
    actions = Actions()
    actions.add(5)
    await a_log(tmp_path, actions).follow()
    actions.add(3)
    await a_log(tmp_path, actions).follow()

    assert ids(tmp_path / "actions_log.json") == list(range(1, 9))


@pytest.mark.parametrize("broken", ["", "[", "{}", "[]", '[{"id": null}]'])
async def test_a_broken_file_is_rebuilt(tmp_path: Path, broken: str) -> None:
    actions = Actions()
    actions.add(25)
    (tmp_path / "actions_log.json").write_text(broken)
    await a_log(tmp_path, actions).follow()

    assert ids(tmp_path / "actions_log.json") == list(range(16, 26))


@pytest.mark.parametrize("since", [2, 9], ids=["fewer than the file has", "more than the file has"])
async def test_after_a_restore_a_new_file_begins_and_the_old_one_is_kept(
    tmp_path: Path, since: int
) -> None:
    before = Actions()
    after = Actions("restored")
    before.add(8)
    await a_log(tmp_path, before).follow()
    after.add(since)
    log = a_log(tmp_path, after)
    await log.follow()
    after.add(1)
    await log.follow()

    assert ids(tmp_path / "actions_log.json") == [row["id"] for row in after.rows]
    assert ids(tmp_path / "actions_log.1.json") == [row["id"] for row in before.rows]


async def test_a_crash_in_the_middle_of_writing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = Actions()
    actions.add(2)
    log = a_log(tmp_path, actions)
    await log.follow()
    actions.add(1)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", dies)
    with pytest.raises(KeyboardInterrupt):
        await log.follow()
    assert ids(tmp_path / "actions_log.json") == [1, 2]
    monkeypatch.undo()
    await a_log(tmp_path, actions).follow()
    assert ids(tmp_path / "actions_log.json") == [1, 2, 3]
