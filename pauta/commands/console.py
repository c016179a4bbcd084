"""pauta console user, rebuild: who may log in, and a rebuild of what the pages show."""

import re
import time
from typing import Annotated

import typer
from rich.progress import Progress

from pauta.api_client import ask_console
from services.console.authentication import hashed
from services.console.decisions.users import Role

console = typer.Typer(no_args_is_help=True, help="The operators' pages.")


@console.command()
def user(
    name: str,
    role: Annotated[
        Role, typer.Option(help="A viewer looks; an operator also acts.")
    ] = Role.OPERATOR,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)
    ] = "",
) -> None:
    """Print what lets NAME log in: an entry of CONSOLE_USERS. The password itself is kept nowhere."""
    if not re.fullmatch(r"[\w.@-]+", name):
        raise typer.BadParameter("letters, digits and . @ - only", param_hint="NAME")
    if len(password) < 10:
        raise typer.BadParameter("at least ten characters", param_hint="--password")
    typer.echo(f"CONSOLE_USERS='{name}:{role}:{hashed(password)}'")


@console.command()
def rebuild() -> None:
    """Rebuild all that the pages show from the audit log. They show what they had until it is done."""
    state = ask_console("POST", "/api/projections/rebuild")
    with Progress() as progress:
        task = progress.add_task("rebuilding", total=state["newest"])
        while state["rebuilt"] is not None:
            progress.update(task, completed=state["rebuilt"], total=state["newest"])
            time.sleep(0.2)
            state = ask_console("GET", "/api/projections")
        progress.update(task, completed=state["newest"], total=state["newest"])
    typer.echo(f"Rebuilt from {state['newest']} events.")
