"""pauta unresolved: touches whose outcome is unknown."""

from typing import Annotated

import typer
from rich.console import Console

from pauta.api_client import ask_console
from pauta.tables import print_records

out = Console(soft_wrap=True, highlight=False)
app = typer.Typer()


@app.command()
def unresolved(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List touches whose outcome is unknown.

    They are never resent automatically: check with the provider or contact the lead.
    """
    touches = ask_console("GET", "/api/touches/unknown")
    print_records(
        out,
        [touch["detail"] | {"lead_id": touch["lead_id"], "at": touch["at"]} for touch in touches],
        first=("touch_id", "lead_id", "step", "channel"),
        then=("at",),
        as_json=as_json,
    )
    if not as_json:
        out.print(f"{len(touches)} touches have an unknown outcome.")
