"""pauta held list, accept, discard: decides about submissions that look odd."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from pauta.api_client import ask_console, operator
from pauta.tables import print_records

app = typer.Typer(
    no_args_is_help=True,
    help="Held submissions: nobody contacts them until you accept them.",
)
out = Console(soft_wrap=True, highlight=False)

PAGE = 500
BATCH = 50
TEST = "test"

Ids = Annotated[list[int] | None, typer.Argument(help="The ids of held submissions.")]
Source = Annotated[str, typer.Option(help="Only from this source.")]
Reason = Annotated[str, typer.Option(help="Only for this reason, such as link_in_name or test.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Every = Annotated[
    bool, typer.Option("--all", help="All that match the filters; without filters, all.")
]


def chosen(
    submissions: Sequence[dict[str, Any]],
    *,
    ids: Sequence[int] | None = None,
    source: str = "",
    reason: str = "",
) -> list[dict[str, Any]]:
    """Returns the held submissions that match every given filter."""
    return [
        submission
        for submission in submissions
        if (not ids or submission["submission_id"] in ids)
        and source in ("", submission["source"])
        and reason in ("", submission["reason"])
    ]


@app.command("list")
def list_held(source: Source = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """List held submissions with their reasons, the newest first."""
    submissions = chosen(_held(), source=source, reason=reason)
    print_records(
        out,
        submissions,
        first=("submission_id", "reason", "source", "received_at"),
        then=("name", "phone", "email"),
        as_json=as_json,
    )
    if not as_json:
        out.print(f"{len(submissions)} submissions are held.")


@app.command()
def accept(ids: Ids = None, source: Source = "", reason: Reason = "", every: Every = False) -> None:
    """Let them go their way at once, as any other lead. Test leads are never accepted."""
    _decide("accept", "accepted", ids, every, source=source, reason=reason)


@app.command()
def discard(
    ids: Ids = None, source: Source = "", reason: Reason = "", every: Every = False
) -> None:
    """Never contact them. The audit log records that you did."""
    _decide("discard", "discarded", ids, every, source=source, reason=reason)


def _decide(action: str, done: str, ids: Sequence[int] | None, every: bool, **filters: str) -> None:
    """Raises SystemExit if nothing was chosen, or if a chosen submission is not held any more."""
    if not ids and not every:
        raise SystemExit(
            f"Nothing to {action}: give ids, or --all with or without filters. "
            "`pauta held list` lists them."
        )
    found = [
        submission["submission_id"]
        for submission in chosen(_held(), ids=ids, **filters)
        if action != "accept" or submission["reason"] != TEST
    ]
    for first in track(range(0, len(found), BATCH), action, console=out, transient=True):
        batch = found[first : first + BATCH]
        ask_console("POST", f"/api/submissions/{action}", json={"by": operator(), "ids": batch})
    out.print(f"{len(found)} submissions {done}.")
    if missing := set(ids or ()) - set(found):
        left = ", ".join(map(str, sorted(missing)))
        raise SystemExit(f"Not {done}, because they are not held, or are tests: {left}")


def _held() -> list[dict[str, Any]]:
    """Returns all held submissions, page by page."""
    held: list[dict[str, Any]] = []
    params: dict[str, int] = {"limit": PAGE}
    while page := ask_console("GET", "/api/submissions/held", params=params)["submissions"]:
        held += page
        params["before"] = page[-1]["submission_id"]
        if len(page) < PAGE:
            break
    return held
