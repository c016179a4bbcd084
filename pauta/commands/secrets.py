"""pauta secrets: writes a complete .env with new random secrets."""

from pathlib import Path
from typing import Annotated

import typer

from pauta.running.compose_file import PROJECT

app = typer.Typer()


@app.command()
def secrets(file: Annotated[Path, typer.Argument(dir_okay=False)] = PROJECT / ".env") -> None:
    """Write a complete .env for production, with new random secrets. Never overwrites a file."""
    from pauta.credentials import NEEDED, write_env

    try:
        write_env(file)
    except FileExistsError:
        raise SystemExit(
            f"{file} already exists and may hold secrets in use. Move it elsewhere first."
        ) from None
    typer.echo(
        f"{file}: every secret is set. Fill in your own values: {', '.join(NEEDED)}. "
        "Then run `pauta check`."
    )
