"""pauta dead-letters list, show, replay, discard: handles messages and rows that failed."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from pauta.api_client import ask_console, operator
from pauta.tables import print_records

app = typer.Typer(
    no_args_is_help=True,
    help="Dead letters: messages and rows that failed and wait for your decision.",
)
out = Console(soft_wrap=True, highlight=False)

BATCH = 50

Ids = Annotated[list[str] | None, typer.Argument(help="The ids of dead letters and failed rows.")]
Service = Annotated[str, typer.Option(help="Only from this service.")]
Queue = Annotated[str, typer.Option(help="Only from this queue; for rows, `service.kind`.")]
Topic = Annotated[str, typer.Option(help="Only this kind of event.")]
Lead = Annotated[int, typer.Option(help="Only for this lead.")]
Error = Annotated[str, typer.Option(help="Only if the error contains this text.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Every = Annotated[
    bool, typer.Option("--all", help="All that match the filters; without filters, all.")
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
    """Returns the letters that match every given filter."""
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


@app.command("list")
def list_letters(
    service: Service = "",
    queue: Queue = "",
    topic: Topic = "",
    lead: Lead = 0,
    error: Error = "",
    as_json: AsJson = False,
) -> None:
    """List dead letters: messages, then rows (`work.failed`), the oldest first."""
    letters = chosen(_letters(), service=service, queue=queue, topic=topic, lead=lead, error=error)
    print_records(
        out,
        letters,
        first=("letter_id", "queue", "topic"),
        then=("lead_id", "attempts", "first_failure", "last_failure", "replayed", "error"),
        as_json=as_json,
    )
    if not as_json:
        out.print(f"{len(letters)} dead letters.")


@app.command()
def show(letter_id: str) -> None:
    """Show why and where a dead letter failed, and its event without personal data."""
    found = chosen(_letters(), ids=[letter_id])
    if not found:
        raise SystemExit(f"There is no dead letter {letter_id}.")
    for name, value in found[0].items():
        out.print(f"[bold]{name}[/]", end="  ")
        out.print(value, markup=False)


@app.command()
def replay(
    ids: Ids = None,
    service: Service = "",
    queue: Queue = "",
    topic: Topic = "",
    lead: Lead = 0,
    error: Error = "",
    every: Every = False,
) -> None:
    """Retry them, each in its own queue or service. Work that is already done is not repeated."""
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


@app.command()
def discard(
    ids: Ids = None,
    service: Service = "",
    queue: Queue = "",
    topic: Topic = "",
    lead: Lead = 0,
    error: Error = "",
    every: Every = False,
) -> None:
    """Delete them. The audit log records that you did."""
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


def _act(action: str, done: str, ids: Sequence[str] | None, every: bool, **filters: Any) -> None:
    """Raises SystemExit if nothing was chosen, or if a chosen letter no longer exists."""
    if not ids and not every:
        raise SystemExit(
            f"Nothing to {action}: give ids, or --all with or without filters. "
            "`pauta dead-letters list` lists them."
        )
    letters = [letter["letter_id"] for letter in chosen(_letters(), ids=ids, **filters)]
    missing = set(ids or ()) - set(letters)
    acted: list[str] = []
    for first in track(range(0, len(letters), BATCH), action, console=out, transient=True):
        batch = letters[first : first + BATCH]
        acted += ask_console("POST", f"/api/dead/{action}", json={"by": operator(), "ids": batch})
    out.print(f"{len(acted)} dead letters {done}.")
    if missing or len(acted) < len(letters):
        left = ", ".join(sorted(missing | (set(letters) - set(acted))))
        raise SystemExit(f"Not {done}, because they or their queue no longer exist: {left}")


def _letters() -> list[dict[str, Any]]:
    return list(ask_console("GET", "/api/dead", params={"limit": 10_000}))
