"""pauta backup, restore, republish: keeps the data, and repairs the broker."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pauta.api_client import operator
from pauta.running.engine import Engine, running

app = typer.Typer()


@app.command()
def backup(file: Annotated[Path, typer.Argument(dir_okay=False)], engine: Engine = "auto") -> None:
    """Write every database into FILE, while everything runs. FILE holds personal data."""
    from pauta.backup import take

    with Console(stderr=True).status("") as status:
        manifest = take(running(engine), file.absolute(), status.update)
    megabytes = sum(dump.size for dump in manifest.dumps) / 1e6
    typer.echo(
        f"{file}: everything as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, {megabytes:.1f} MB."
    )


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    engine: Engine = "auto",
) -> None:
    """Replace all data by a backup's. Nobody is contacted until `pauta resume`."""
    from pauta.backup import check, put_back

    manifest = check(file)
    if not yes:
        taken = f"{manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"
        typer.confirm(f"This replaces all data by the backup of {taken}. Continue?", abort=True)
    with Console(stderr=True).status("") as status:
        published = put_back(
            running(engine), file, manifest, operator=operator(), report=status.update
        )
    typer.echo(
        f"Restored; {published} events were republished. "
        "Nobody is contacted until you run `pauta resume`."
    )


@app.command()
def republish(engine: Engine = "auto") -> None:
    """Restore queues and bindings that were removed by hand; republish the last day's events.

    Consumers ignore the events they have handled. They handle those that a missing binding kept
    from them.
    """
    place = running(engine)
    place.administer("pauta", "setup")
    published = place.administer("pauta.restore", "republish", datetime.now(UTC).isoformat())
    typer.echo(f"{published.strip()} events were republished.")
