"""pauta leads import: brings in a file of leads, after showing what would happen."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from pauta.api_client import ask_console
from pauta.tables import print_table
from services.console.decisions.labels import CARD_FIELDS

app = typer.Typer(no_args_is_help=True, help="Leads that come in a file.")
out = Console(soft_wrap=True, highlight=False)

NO_LEAD = ("refused", "failed", "held")
SHOWN = 20  # lines that bring no lead
SECONDS = 0.3  # between two looks at a running import


class Journey(StrEnum):
    """Whether the leads of a file are contacted."""

    CURRENT = "current"
    NONE = "none"


def mapping_of(pairs: Iterable[str]) -> dict[str, str]:
    """Returns the field of each column in pairs such as `Correo personal=email`.

    Raises typer.BadParameter for another text or an unknown field.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        column, equals, field = pair.rpartition("=")
        if not equals or field not in CARD_FIELDS:
            fields = ", ".join(filter(None, CARD_FIELDS))
            raise typer.BadParameter(
                f"{pair} is not COLUMN=FIELD, where FIELD is empty or one of {fields}",
                param_hint="--map",
            )
        mapping[column] = field
    return mapping


def unfinished(imports: Sequence[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """Returns the import of a file of this name that is still running, if there is one."""
    running = (file for file in imports if file["name"] == name and file["done"] < file["total"])
    return next(running, None)


@app.command("import")
def import_leads(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A table as CSV.")],
    journey: Annotated[
        Journey,
        typer.Option(help="`current` contacts the leads, `none` only keeps them."),
    ] = Journey.CURRENT,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="How a column is read: COLUMN=FIELD, such as Correo=email."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen, and import nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Import FILE, after showing what would happen. A running import is followed again."""
    mapping = mapping_of(columns or [])
    running = None if dry_run else unfinished(ask_console("GET", "/api/imports"), file.name)
    if running is None:
        planned = _send(file, journey, mapping, dry_run=True)
        _show_plan(planned)
        if dry_run:
            return
        if not yes:
            typer.confirm(f"Import {planned['total']} lines now?", abort=True)
        running = _send(file, journey, mapping, dry_run=False)
    else:
        out.print(f"{file.name} is being imported already.")
    _show_result(_follow(running))


def _send(file: Path, journey: Journey, mapping: Mapping[str, str], *, dry_run: bool) -> Any:
    form = {
        "journey": str(journey),
        "mapping": json.dumps(dict(mapping)),
        "dry_run": str(dry_run).lower(),
    }
    with file.open("rb") as content:
        return ask_console("POST", "/api/imports", data=form, files={"file": (file.name, content)})


def _follow(file: dict[str, Any]) -> dict[str, Any]:
    """Shows the progress of an import until it is finished. Returns it then."""
    with Progress(console=out) as progress:
        task = progress.add_task("importing", total=file["total"], completed=file["done"])
        while file["done"] < file["total"]:
            time.sleep(SECONDS)
            file = ask_console("GET", f"/api/imports/{file['import_id']}")
            progress.update(task, completed=file["done"], total=file["total"])
    return file


def _show_plan(planned: Mapping[str, Any]) -> None:
    rows = [(column, field or "(kept as it is)") for column, field in planned["mapping"].items()]
    print_table(out, ("column", "read as"), rows, title="How the columns are read")
    _show_outcomes(planned, "What would happen")


def _show_result(file: Mapping[str, Any]) -> None:
    """Raises typer.Exit where a line failed."""
    _show_outcomes(file, "What happened")
    if file["outcomes"].get("failed"):
        out.print("Lines that failed wait for you: `pauta dead-letters list`.")
        raise typer.Exit(1)


def _show_outcomes(file: Mapping[str, Any], title: str) -> None:
    rows = [(outcome, str(count)) for outcome, count in file["outcomes"].items()]
    print_table(out, ("outcome", "lines"), rows, title=title)
    odd = [line for line in file["lines"] if line["outcome"] in NO_LEAD]
    if odd:
        lines = [
            (str(line["line"]), line["outcome"], line["name"], line["reason"])
            for line in odd[:SHOWN]
        ]
        title = f"Lines that bring no lead at once ({len(lines)} of {len(odd)})"
        print_table(out, ("line", "outcome", "name", "reason"), lines, title=title)
