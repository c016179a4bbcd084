"""pauta unresolved: touches whose outcome is unknown."""

import typer

from pauta.api_client import ask_console

app = typer.Typer()


@app.command()
def unresolved() -> None:
    """List touches whose outcome is unknown.

    They are never resent automatically: check with the provider or contact the lead.
    """
    touches = ask_console("GET", "/api/touches/unknown")
    for touch in touches:
        detail = touch["detail"]
        typer.echo(
            f"lead {touch['lead_id']}  {detail['step']}  {detail['channel']}  {touch['at']}  "
            f"{detail['touch_id']}"
        )
    typer.echo(f"{len(touches)} touches have an unknown outcome.")
