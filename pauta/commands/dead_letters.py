"""pauta dead list, show, replay, discard: messages and rows that nobody could work on, and what becomes of them."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from pauta.api_client import ask_console, operator

dead = typer.Typer(
    no_args_is_help=True,
    help="Messages and rows that could not be worked on, set aside until you decide.",
)
out = Console(soft_wrap=True, highlight=False)

AT_ONCE = 50

Ids = Annotated[list[str] | None, typer.Argument(help="Letters and failed rows, by their ids.")]
Service = Annotated[str, typer.Option(help="Only of this service.")]
Queue = Annotated[str, typer.Option(help="Only of this queue; of rows, `service.kind`.")]
Topic = Annotated[str, typer.Option(help="Only this kind of event.")]
Lead = Annotated[int, typer.Option(help="Only of this lead.")]
Error = Annotated[str, typer.Option(help="Only where the error contains this.")]
Every = Annotated[
    bool, typer.Option("--all", help="All that match; without any filter, all there are.")
]


def chosen(
    letters: Sequence[dict[str, Any]],
    *,
    ids: Sequence[str] | None = None,
    service: str = "",
    queue: str = "",
    topic: str = "",
    lead: int = 0,
    error: str = "",
) -> list[dict[str, Any]]:
    """The letters that match everything that is given."""
    return [
        letter
        for letter in letters
        if (not ids or letter["letter_id"] in ids)
        and service in ("", letter["service"])
        and queue in ("", letter["queue"])
        and topic in ("", letter["topic"])
        and lead in (0, letter["lead_id"])
        and error.lower() in letter["error"].lower()
    ]


@dead.command("list")
def list_letters(
    service: Service = "", queue: Queue = "", topic: Topic = "", lead: Lead = 0, error: Error = ""
) -> None:
    """What is set aside: messages, then rows (`work.failed`), the oldest first."""
    letters = chosen(_letters(), service=service, queue=queue, topic=topic, lead=lead, error=error)
    if letters:
        table = Table("id", "queue", "event", "lead", "error", "tries", "first", "last", "replayed")
        for letter in letters:
            first, last = letter["first_failure"][:19], letter["last_failure"][:19]
            counts = str(letter["attempts"]), first, last, str(letter["replayed"] or "")
            lead_id = str(letter["lead_id"] or "")
            table.add_row(
                letter["letter_id"],
                letter["queue"],
                letter["topic"],
                lead_id,
                letter["error"],
                *counts,
            )
        out.print(table)
    out.print(f"{len(letters)} letters.")


@dead.command()
def show(letter_id: str) -> None:
    """Everything that is known of one: why and where it failed, and the event, without personal data."""
    found = chosen(_letters(), ids=[letter_id])
    if not found:
        raise SystemExit(f"There is no letter {letter_id}.")
    for name, value in found[0].items():
        out.print(f"[bold]{name}[/]", end="  ")
        out.print(value, markup=False)


@dead.command()
def replay(
    ids: Ids = None,
    service: Service = "",
    queue: Queue = "",
    topic: Topic = "",
    lead: Lead = 0,
    error: Error = "",
    every: Every = False,
) -> None:
    """Try them again, each in its own queue or service. What was done already is not done again."""
    _act(
        "replay",
        "replayed",
        ids,
        every,
        service=service,
        queue=queue,
        topic=topic,
        lead=lead,
        error=error,
    )


@dead.command()
def discard(
    ids: Ids = None,
    service: Service = "",
    queue: Queue = "",
    topic: Topic = "",
    lead: Lead = 0,
    error: Error = "",
    every: Every = False,
) -> None:
    """Throw them away; the audit log keeps that you did."""
    _act(
        "discard",
        "discarded",
        ids,
        every,
        service=service,
        queue=queue,
        topic=topic,
        lead=lead,
        error=error,
    )


def _act(what: str, done: str, ids: Sequence[str] | None, every: bool, **filters: Any) -> None:
    """Raises SystemExit where nothing was chosen, or something chosen is not there any more."""
    if not ids and not every:
        raise SystemExit(
            f"Say which: ids, or --all with or without filters. `pauta dead list` shows them. ({what})"
        )
    letters = [letter["letter_id"] for letter in chosen(_letters(), ids=ids, **filters)]
    missing = set(ids or ()) - set(letters)
    acted: list[str] = []
    for first in track(range(0, len(letters), AT_ONCE), what, console=out, transient=True):
        some = letters[first : first + AT_ONCE]
        acted += ask_console("POST", f"/api/dead/{what}", json={"by": operator(), "ids": some})
    out.print(f"{len(acted)} letters {done}.")
    if missing or len(acted) < len(letters):
        left = ", ".join(sorted(missing | (set(letters) - set(acted))))
        raise SystemExit(f"Not {done}, because they or their queue are not there any more: {left}")


def _letters() -> list[dict[str, Any]]:
    return list(ask_console("GET", "/api/dead", params={"limit": 10_000}))
