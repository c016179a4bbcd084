"""The command line: start and stop the system, look after it, check the journey."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from kit.settings import from_file
from pauta.api_client import ask_console, ask_scheduler, operator
from pauta.commands.console import console
from pauta.commands.dead_letters import dead
from pauta.commands.journey import journeys, templates
from pauta.running.compose import Compose, engine_answers
from pauta.running.compose_file import PROJECT, in_production, variables
from pauta.running.native import Native, stop_remembered

if TYPE_CHECKING:
    from pauta.preflight import Finding

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(journeys, name="journey")
app.add_typer(dead, name="dead")
app.add_typer(console, name="console")
app.add_typer(templates, name="template")

Engine = Annotated[
    str,
    typer.Option(envvar="PAUTA_ENGINE", help="docker, native, or auto: Docker where it answers."),
]


def by_docker(engine: str) -> bool:
    """Whether to use Docker. Raises typer.BadParameter for a word that is neither."""
    if engine not in ("auto", "docker", "native"):
        raise typer.BadParameter(
            f"{engine} is none of docker, native, auto", param_hint="PAUTA_ENGINE"
        )
    return engine_answers() if engine == "auto" else engine == "docker"


def home() -> Path:
    """Where a native system keeps its data between starts."""
    root = Path("/var/lib/pauta") if os.geteuid() == 0 else Path.home() / ".local/share/pauta"
    return Path(os.environ.get("PAUTA_HOME") or root)


def running(engine: str) -> Compose | Native:
    """The system that `up` started."""
    return (
        Compose.running(variables())
        if by_docker(engine)
        else Native.remembered(home(), variables())
    )


@app.command()
def up(engine: Engine = "auto") -> None:
    """Start everything, to stay; or say in one table what keeps it from starting."""
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
            f"Simulator: {addresses.gateway}/simulator, the lead's phone and mailbox; "
            f"{addresses.simulator}/simulator/calls …"
        )
    typer.echo(f"Actions:   {addresses.console}/api/actions")
    typer.echo(
        f"RabbitMQ:  {addresses.rabbitmq}  (user pauta, password in RABBITMQ_PASSWORD, rabbitmq-demo unless set)"
    )


def _refuse(found: Sequence["Finding"], given: Mapping[str, str]) -> None:
    """Prints what was found, where something was, and ends."""
    from pauta.preflight import show

    if found:
        show(found, given, Console(soft_wrap=True, highlight=False))
        raise typer.Exit(1)


@contextmanager
def _explained(given: Mapping[str, str]) -> Iterator[None]:
    """Prints a table in place of the log, where that says what keeps the system from starting."""
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
        typer.Option("--forget", help="Remove all data as well: leads, bookings, the audit log."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop what `up` started; the data stays, unless --forget."""
    if forget and not yes:
        typer.confirm(
            "All leads and everything that is known of them are removed for ever. Go on?",
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
        typer.echo("All data is removed.")


@app.command()
def demo(
    engine: Engine = "auto",
    replicas: Annotated[
        int, typer.Option(help="How many of each service; by Docker only.", min=1, max=5)
    ] = 1,
) -> None:
    """Start everything with the simulator, send leads of every fate, watch, check, stop."""
    try:
        from devtools.demo import run
    except ModuleNotFoundError as missing:
        if missing.name != "devtools":
            raise
        raise SystemExit(
            "The demonstration is not part of this image: run it from the project's folder."
        ) from None

    raise typer.Exit(0 if run(docker=by_docker(engine), replicas=replicas) else 1)


@app.command()
def secrets(file: Annotated[Path, typer.Argument(dir_okay=False)] = PROJECT / ".env") -> None:
    """Write a complete .env for going live, with fresh random secrets; an existing file is left alone."""
    from pauta.credentials import NEEDED, write_env

    try:
        write_env(file)
    except FileExistsError:
        raise SystemExit(
            f"{file} exists already, and may hold secrets in use. Move it away first."
        ) from None
    typer.echo(
        f"{file}: every secret is set. Fill in what is yours: {', '.join(NEEDED)}. Then: pauta check"
    )


@app.command()
def check() -> None:
    """Say everything that keeps the system from starting, as one table. Starts nothing and asks nobody."""
    from pauta.preflight import findings, show

    raise typer.Exit(
        0
        if show(findings(variables()), variables(), Console(soft_wrap=True, highlight=False))
        else 1
    )


@app.command()
def backlog(
    release: Annotated[
        bool, typer.Option("--release", help="Let the overdue touches go, each by its own rule.")
    ] = False,
) -> None:
    """How many touches are overdue after an outage, and whether they wait for a word."""
    state = (
        ask_scheduler("POST", "/backlog/release") if release else ask_scheduler("GET", "/backlog")
    )
    waiting = ", waiting for your word: pauta backlog --release" if state["held"] else ""
    typer.echo(f"{state['overdue']} touches are overdue{waiting}.")


@app.command()
def pause(
    reason: Annotated[str, typer.Option(help="Shown to whoever asks why nothing leaves.")] = "",
) -> None:
    """Stop everything that leaves, at once: calls, messages, emails, Kommo. Leads are still accepted; all waits."""
    ask_console("POST", "/api/switch/pause", json={"by": operator(), "reason": reason})
    typer.echo("Nothing leaves any more. `pauta resume` lets it go on.")


@app.command()
def resume() -> None:
    """Let everything leave again; what waited goes out, each touch by its own hours."""
    ask_console("POST", "/api/switch/resume", json={"by": operator()})
    typer.echo("Everything leaves again.")


@app.command()
def uncertain() -> None:
    """Touches of which nobody can say whether they were sent. They are not sent again: look, and write to the lead."""
    touches = ask_console("GET", "/api/touches/unknown")
    for one in touches:
        detail = one["detail"]
        typer.echo(
            f"lead {one['lead_id']}  {detail['step']}  {detail['channel']}  {one['at']}  {detail['touch_id']}"
        )
    typer.echo(f"{len(touches)} touches are uncertain.")


@app.command()
def say_again(engine: Engine = "auto") -> None:
    """Mend queues and bindings that were removed by hand, and say every event of the last day once more.

    Whoever had heard an event does nothing; whom a missing binding kept from hearing it does it now.
    """
    place = running(engine)
    place.administer("pauta", "setup")
    said = place.administer("pauta.restore", "say-again", datetime.now(UTC).isoformat())
    typer.echo(f"{said.strip()} events were said again.")


@app.command()
def doctor(engine: Engine = "auto") -> None:
    """Look at everything this depends on, without changing anything, and say what to do about what is not well."""
    _examine(lambda: running(engine))


def _examine(place: Callable[[], Compose | Native]) -> NoReturn:
    """Prints what the doctor finds, and ends with 1 where something is wrong."""
    from pauta.doctor.report import every_check, show

    given = variables()
    with Console(stderr=True).status(""):
        checks = every_check(place, given)
    well = show(checks, Console(soft_wrap=True, highlight=False), given.get("PAUTA_LANGUAGE", ""))
    sys.stdout.flush()
    os._exit(0 if well else 1)  # else a thread that still waits for Docker would be waited for


@app.command()
def backup(file: Annotated[Path, typer.Argument(dir_okay=False)], engine: Engine = "auto") -> None:
    """Write every database into FILE, while everything runs. It holds personal data: keep it safe."""
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
    """Put back what `backup` wrote, in place of what is there. Nobody is contacted until `pauta resume`."""
    from pauta.backup import check, put_back

    manifest = check(file)
    if not yes:
        taken = f"{manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"
        typer.confirm(f"Everything is replaced by what was known at {taken}. Go on?", abort=True)
    with Console(stderr=True).status("") as status:
        said = put_back(running(engine), file, manifest, operator=operator(), say=status.update)
    typer.echo(
        f"Restored; {said} events were said again. Nobody is contacted until you say: pauta resume"
    )


@app.command()
def upgrade(
    file: Annotated[
        Path, typer.Option("--backup", dir_okay=False, help="Where the backup before it goes.")
    ] = PROJECT / "before-upgrade.backup",
) -> None:
    """Bring what runs to this folder's code and to the images' newest patches: build, backup, start, doctor."""
    from pauta.backup import take

    compose = Compose.running(variables())
    with Console(stderr=True).status("") as status:
        status.update("fetching and building images")
        renewed = compose.renew()
        take(compose, file.absolute(), status.update)
        status.update("starting")
        with _explained(variables()):
            compose.start()
    typer.echo(f"{file}: everything as it was before.")
    if not renewed:
        typer.echo("No registry answered: the images are those that were here.")
    _examine(lambda: compose)


@app.command()
def setup() -> None:
    """Make databases, roles, broker users, queues and tables (run before the services start)."""
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
