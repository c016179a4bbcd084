"""pauta console user, rebuild: creates console users, and rebuilds the console's pages."""

import re
import time
from typing import Annotated

import typer
from rich.progress import Progress

from pauta.api_client import ask_console
from services.console.authentication import hashed
from services.console.decisions.users import Role

app = typer.Typer(no_args_is_help=True, help="The console's users and pages.")


@app.command()
def user(
    name: str,
    role: Annotated[
        Role, typer.Option(help="A viewer reads; an operator also acts.")
    ] = Role.OPERATOR,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)
    ] = "",
) -> None:
    """Print the entry of CONSOLE_USERS that lets NAME log in. It holds a hash of the password."""
    if not re.fullmatch(r"[\w.@-]+", name):
        raise typer.BadParameter("use letters, digits and . @ - only", param_hint="NAME")
    if len(password) < 10:
        raise typer.BadParameter("use at least ten characters", param_hint="--password")
    typer.echo(f"CONSOLE_USERS='{name}:{role}:{hashed(password)}'")


@app.command()
def rebuild() -> None:
    """Rebuild the pages' tables from the audit log. The pages show the old state until then."""
    state = ask_console("POST", "/api/projections/rebuild")
    with Progress() as progress:
        task = progress.add_task("rebuilding", total=state["newest"])
        while state["rebuilt"] is not None:
            progress.update(task, completed=state["rebuilt"], total=state["newest"])
            time.sleep(0.2)
            state = ask_console("GET", "/api/projections")
        progress.update(task, completed=state["newest"], total=state["newest"])
    typer.echo(f"Rebuilt from {state['newest']} events.")
