"""Selects the held submissions that match an operator's filters, and decides about them."""

from typing import Any

import pytest
from typer.testing import CliRunner

from pauta.cli import app
from pauta.commands import held
from pauta.commands.held import chosen

FIRST = {
    "submission_id": 9,
    "source": "form",
    "reason": "honeypot",
    "received_at": "2026-03-02T16:00:00Z",
    "name": "Ana",
    "phone": None,
    "email": "ana@example.com",
}
SECOND = FIRST | {"submission_id": 8, "source": "meta", "reason": "test"}


class Console:
    """Answers as the console does, two submissions to a page, and keeps what was posted."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []

    def __call__(self, method: str, path: str, **content: Any) -> Any:
        if method == "POST":
            self.posted.append((path, content["json"]["ids"]))
            return None
        before = content["params"].get("before", 100)
        found = [each for each in (FIRST, SECOND) if each["submission_id"] < before]
        return {"counts": {}, "submissions": found[:1]}


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    asked = Console()
    monkeypatch.setattr(held, "ask_console", asked)
    monkeypatch.setattr(held, "PAGE", 1)
    return asked


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [FIRST, SECOND]),
        ({"ids": [8]}, [SECOND]),
        ({"source": "form"}, [FIRST]),
        ({"reason": "test"}, [SECOND]),
        ({"source": "form", "reason": "test"}, []),
    ],
)
def test_a_submission_matches_every_filter(
    filters: dict[str, Any], found: list[dict[str, Any]]
) -> None:
    assert chosen([FIRST, SECOND], **filters) == found


@pytest.mark.usefixtures("console")
def test_all_pages_are_listed() -> None:
    result = CliRunner().invoke(app, ["held", "list"])

    assert "honeypot" in result.output
    assert "test\tmeta" in result.output
    assert "2 submissions are held." in result.output


def test_nothing_is_decided_unless_something_was_chosen(console: Console) -> None:
    result = CliRunner().invoke(app, ["held", "accept"])

    assert result.exit_code == 1
    assert console.posted == []


def test_chosen_ones_are_decided_and_others_are_named(console: Console) -> None:
    result = CliRunner().invoke(app, ["held", "discard", "8", "77"])

    assert console.posted == [("/api/submissions/discard", [8])]
    assert result.exit_code == 1
    assert "1 submissions discarded." in result.output


@pytest.mark.parametrize("arguments", [["--all"], ["--all", "--reason", "honeypot"]])
def test_all_are_accepted_but_no_test(console: Console, arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["held", "accept", *arguments])

    assert (result.exit_code, console.posted) == (0, [("/api/submissions/accept", [9])])
