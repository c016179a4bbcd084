"""The command line: `pauta COMMAND`, or `pauta GROUP COMMAND`.

Each group has its file in pauta/commands. Groups without a name have their commands at the root.
"""

from typing import Annotated

import typer

from pauta import __version__
from pauta.commands import (
    backup,
    console,
    dead_letters,
    held,
    journey,
    leads,
    outbound,
    secrets,
    sources,
    system,
    unresolved,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(system.app)
app.add_typer(secrets.app)
app.add_typer(leads.app, name="leads")
app.add_typer(held.app, name="held")
app.add_typer(sources.app, name="sources")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(unresolved.app)
app.add_typer(journey.app, name="journey")
app.add_typer(outbound.app)
app.add_typer(backup.app)
app.add_typer(console.app, name="console")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Starts and looks after Pauta."""
