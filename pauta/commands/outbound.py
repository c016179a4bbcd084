"""pauta pause, resume, backlog: whether anything leaves for the providers."""

from typing import Annotated

import typer

from pauta.api_client import ask_console, ask_scheduler, operator

app = typer.Typer()


@app.command()
def pause(
    reason: Annotated[str, typer.Option(help="Shown in the console while paused.")] = "",
) -> None:
    """Pause all outbound work at once: calls, messages, emails, Kommo. Leads are still accepted."""
    ask_console("POST", "/api/switch/pause", json={"by": operator(), "reason": reason})
    typer.echo("Outbound is paused. Run `pauta resume` to continue.")


@app.command()
def resume() -> None:
    """Resume outbound work. Touches that waited go out, each within its own hours."""
    ask_console("POST", "/api/switch/resume", json={"by": operator()})
    typer.echo("Outbound resumed.")


@app.command()
def backlog(
    release: Annotated[
        bool, typer.Option("--release", help="Release the overdue touches, each by its own rule.")
    ] = False,
) -> None:
    """Show how many touches are overdue after an outage, and whether they are held."""
    if release:
        state = ask_scheduler("POST", "/backlog/release")
    else:
        state = ask_scheduler("GET", "/backlog")
    typer.echo(f"{state['overdue']} touches are overdue.")
    if state["held"]:
        typer.echo("They are held. Run `pauta backlog --release` to release them.")
