"""Imports a file of leads: the mapping, the plan, and the progress."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pauta.cli import app
from pauta.commands import leads
from pauta.commands.leads import mapping_of, unfinished

FILE: dict[str, Any] = {
    "import_id": None,
    "name": "leads.csv",
    "journey": "none",
    "mapping": {"Correo": "email", "Notas": ""},
    "total": 3,
    "done": 0,
    "outcomes": {"new": 2, "held": 1},
    "lines": [{"line": 4, "outcome": "held", "name": "Beto", "reason": "disposable_email"}],
}
RUNNING = FILE | {"import_id": 5, "done": 1}
DONE = RUNNING | {"done": 3}


class Console:
    """Answers as the console does, and notes what it was sent."""

    def __init__(self) -> None:
        self.imports: list[dict[str, Any]] = []
        self.done = DONE
        self.sent: list[tuple[dict[str, Any], bytes]] = []

    def __call__(self, method: str, path: str, **content: Any) -> Any:
        if method == "POST":
            self.sent.append((content["data"], content["files"]["file"][1].read()))
            return FILE if content["data"]["dry_run"] == "true" else RUNNING
        return self.imports if path == "/api/imports" else self.done


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    asked = Console()
    monkeypatch.setattr(leads, "ask_console", asked)
    monkeypatch.setattr(leads, "SECONDS", 0.0)
    return asked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text("Correo,Notas\nana@example.com,x\n")
    return path


def test_a_column_may_have_any_name_and_a_field_is_one_that_we_know() -> None:
    assert mapping_of(["Correo=email", "a=b=phone", "Notas="]) == {
        "Correo": "email",
        "a=b": "phone",
        "Notas": "",
    }
    for odd in ("Correo", "Correo=mailbox"):
        with pytest.raises(typer.BadParameter, match="COLUMN=FIELD"):
            mapping_of([odd])


def test_only_an_import_that_runs_is_followed_again() -> None:
    assert unfinished([DONE, RUNNING], "leads.csv") == RUNNING
    assert unfinished([DONE], "leads.csv") is None
    assert unfinished([RUNNING], "other.csv") is None


def test_a_dry_run_shows_what_would_happen_and_imports_nothing(
    console: Console, file: Path
) -> None:
    result = CliRunner().invoke(
        app, ["leads", "import", str(file), "--dry-run", "--journey", "none", "--map", "Notas="]
    )
    [(form, content)] = console.sent

    assert result.exit_code == 0
    assert "Correo\temail" in result.output
    assert "4\theld\tBeto\tdisposable_email" in result.output
    assert form | {"mapping": json.loads(form["mapping"])} == {
        "journey": "none",
        "mapping": {"Notas": ""},
        "dry_run": "true",
    }
    assert content == file.read_bytes()


def test_nothing_is_imported_without_a_yes(console: Console, file: Path) -> None:
    refused = CliRunner().invoke(app, ["leads", "import", str(file)], input="n\n")
    assert (refused.exit_code, len(console.sent)) == (1, 1)

    accepted = CliRunner().invoke(app, ["leads", "import", str(file)], input="y\n")
    assert accepted.exit_code == 0
    assert [form["dry_run"] for form, _ in console.sent[1:]] == ["true", "false"]


def test_a_running_import_is_followed_and_not_begun_anew(console: Console, file: Path) -> None:
    console.imports = [RUNNING]
    result = CliRunner().invoke(app, ["leads", "import", str(file)])

    assert (result.exit_code, console.sent) == (0, [])
    assert "is being imported already" in result.output
    assert "new\t2" in result.output


def test_lines_that_failed_are_an_error(console: Console, file: Path) -> None:
    console.done = DONE | {"outcomes": {"new": 2, "failed": 1}}
    result = CliRunner().invoke(app, ["leads", "import", str(file), "--yes"])

    assert result.exit_code == 1
    assert "pauta dead-letters list" in result.output
