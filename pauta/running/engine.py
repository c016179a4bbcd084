"""Which engine runs the system: Docker, or plain processes on this machine."""

import os
from pathlib import Path
from typing import Annotated

import typer

from pauta.running.compose import Compose, engine_answers
from pauta.running.compose_file import variables
from pauta.running.native import Native

Engine = Annotated[
    str,
    typer.Option(envvar="PAUTA_ENGINE", help="docker, native, or auto: Docker if it answers."),
]


def by_docker(engine: str) -> bool:
    """Returns whether to use Docker. Raises typer.BadParameter for an unknown engine."""
    if engine not in ("auto", "docker", "native"):
        raise typer.BadParameter(
            f"{engine} is not one of docker, native, auto", param_hint="PAUTA_ENGINE"
        )
    if engine == "auto":
        return engine_answers()
    return engine == "docker"


def home() -> Path:
    """Returns the folder in which a native system keeps its data between starts."""
    root = Path("/var/lib/pauta") if os.geteuid() == 0 else Path.home() / ".local/share/pauta"
    return Path(os.environ.get("PAUTA_HOME") or root)


def running(engine: str) -> Compose | Native:
    """Returns the system that `up` started. Raises SystemExit if none is running."""
    if by_docker(engine):
        return Compose.running(variables())
    return Native.remembered(home(), variables())
