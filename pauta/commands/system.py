"""pauta up, down, demo, check, doctor, upgrade, and what runs before the services start."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from kit.settings import from_file
from pauta.running.compose import Compose
from pauta.running.compose_file import PROJECT, in_production, variables
from pauta.running.engine import Engine, by_docker, home, running
from pauta.running.native import Native, stop_remembered

if TYPE_CHECKING:
    from pauta.preflight import Finding

app = typer.Typer()


@app.command()
def up(engine: Engine = "auto") -> None:
    """Start everything and keep it running, or list in one table what prevents it."""
    from pauta.preflight import findings

    given = variables()
    _refuse(findings(given), given)
    if by_docker(engine):
        with _explained(given):
            compose = Compose.of_this_folder(given)
            compose.start()
        addresses = compose.addresses
    else:
        stop_remembered(home())
        native = Native(home(), given)
        try:
            with _explained(given):
                native.start()
        except BaseException:
            native.stop()
            raise
        native.remember()
        addresses = native.addresses
    public = given.get("PUBLIC_BASE_URL") or addresses.gateway
    typer.echo(f"Leads:     POST {public}/api/lead")
    if in_production(given):
        typer.echo(f"Console:   {given.get('CONSOLE_ADDRESS') or addresses.console}/console")
    else:
        typer.echo(f"Console:   {addresses.gateway}/console")
        typer.echo(
            f"Simulator: {addresses.gateway}/simulator (the lead's phone and mailbox), "
            f"{addresses.simulator}/simulator/calls …"
        )
    typer.echo(f"Actions:   {addresses.console}/api/actions")
    typer.echo(
        f"RabbitMQ:  {addresses.rabbitmq}  "
        "(user pauta, password in RABBITMQ_PASSWORD, rabbitmq-demo unless set)"
    )


def _refuse(found: Sequence["Finding"], given: Mapping[str, str]) -> None:
    """Prints the findings and exits with 1, or does nothing if there are none."""
    from pauta.preflight import show

    if found:
        show(found, given, Console(soft_wrap=True, highlight=False))
        raise typer.Exit(1)


@contextmanager
def _explained(given: Mapping[str, str]) -> Iterator[None]:
    """Prints a table instead of the log if the log names a known obstacle to starting."""
    from pauta.preflight import obstacles

    try:
        yield
    except SystemExit as failure:
        _refuse(obstacles(str(failure)), given)
        raise


@app.command()
def down(
    engine: Engine = "auto",
    forget: Annotated[
        bool,
        typer.Option("--forget", help="Also delete all data: leads, bookings, the audit log."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop what `up` started. The data stays, unless --forget."""
    if forget and not yes:
        typer.confirm(
            "This deletes all leads and everything known about them for good. Continue?",
            abort=True,
        )
    stopped = stop_remembered(home())
    if by_docker(engine):
        Compose.of_this_folder(variables()).stop(forget=forget)
        stopped = True
    elif forget:
        Native(home(), variables()).remove()
    typer.echo("Stopped." if stopped else "Nothing was running.")
    if forget:
        typer.echo("All data was deleted.")


@app.command()
def demo(
    engine: Engine = "auto",
    replicas: Annotated[
        int, typer.Option(help="Replicas of each service, with Docker only.", min=1, max=5)
    ] = 1,
) -> None:
    """Start everything with the simulator, send sample leads, show and check every action, stop."""
    try:
        from devtools.demo import run
    except ModuleNotFoundError as missing:
        if missing.name != "devtools":
            raise
        raise SystemExit(
            "The demo is not part of this image. Run it from the project's folder."
        ) from None

    raise typer.Exit(0 if run(docker=by_docker(engine), replicas=replicas) else 1)


@app.command()
def check() -> None:
    """List in one table what prevents the system from starting. Starts and contacts nothing."""
    from pauta.preflight import findings, show

    given = variables()
    complete = show(findings(given), given, Console(soft_wrap=True, highlight=False))
    raise typer.Exit(0 if complete else 1)


@app.command()
def doctor(engine: Engine = "auto") -> None:
    """Check everything the system depends on, without changing it; show how to fix problems."""
    _examine(lambda: running(engine))


def _examine(place: Callable[[], Compose | Native]) -> NoReturn:
    """Prints the doctor's findings and exits: with 1 if something is wrong."""
    from pauta.doctor.report import every_check, show

    given = variables()
    with Console(stderr=True).status(""):
        checks = every_check(place, given)
    well = show(checks, Console(soft_wrap=True, highlight=False), given.get("PAUTA_LANGUAGE", ""))
    sys.stdout.flush()
    os._exit(0 if well else 1)  # a normal exit would wait for a thread that still waits for Docker


@app.command()
def upgrade(
    file: Annotated[
        Path,
        typer.Option(
            "--backup", dir_okay=False, help="The file for the backup before the upgrade."
        ),
    ] = PROJECT / "before-upgrade.backup",
) -> None:
    """Upgrade to this folder's code and the newest image patches: build, backup, start, doctor."""
    from pauta.backup import take

    compose = Compose.running(variables())
    with Console(stderr=True).status("") as status:
        status.update("fetching and building images")
        renewed = compose.renew()
        take(compose, file.absolute(), status.update)
        status.update("starting")
        with _explained(variables()):
            compose.start()
    typer.echo(f"{file}: the backup from before the upgrade.")
    if not renewed:
        typer.echo("No registry answered. The images on this machine were used.")
    _examine(lambda: compose)


@app.command()
def setup() -> None:
    """Create databases, roles, broker users, queues and tables (run before the services start)."""
    from kit.observability.logging import start_logging
    from kit.production_safety import UnsafeConfiguration
    from pauta.setup import NotSetUp, SetupSettings, set_up

    settings = SetupSettings()
    start_logging("setup", settings.log_format)
    try:
        asyncio.run(set_up(settings))
    except (UnsafeConfiguration, NotSetUp) as fault:
        raise SystemExit(str(fault)) from None


@app.command(hidden=True)
def broker_user(file: Path) -> None:
    """Write RabbitMQ's first user into FILE (run before RabbitMQ starts)."""
    from pauta.broker_user import write_broker_user

    write_broker_user(file, from_file("RABBITMQ_PASSWORD") or os.environ["RABBITMQ_PASSWORD"])
