"""Every database in one file, while everything runs; and a system put back from it, silent until told to speak."""

import hashlib
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal, Protocol, Self

from pydantic import AwareDatetime, BaseModel, ValidationError

from pauta.running.compose_file import PROJECT
from pauta.setup import BACKED_UP_AT, LEADS

AT_ONE_INSTANT = ("intake", "crm", "notify", "scheduler")
LISTENER = "console"  # hears everything the others say, and is backed up when it has
MANIFEST = "manifest.json"
CHUNK = 1 << 20

Say = Callable[[str], None]


class Place(Protocol):
    """Where the system runs: what backup and restore need of Docker Compose, of plain processes, of the tests."""

    def postgres(self, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
        """Starts one of PostgreSQL's programs where it finds the server, as its superuser."""

    def administer(self, *module: str) -> str:
        """Runs `python -m …` with the administrator's addresses; what it printed. Raises SystemExit when it fails."""

    def stop_services(self) -> None: ...

    def start_services(self) -> None: ...


class Dump(BaseModel):
    """One database's file, written by pg_dump; `revision` is that of its tables."""

    database: str
    revision: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.database}.dump"


class Manifest(BaseModel):
    """What is in a backup. `taken_at` is the one instant that it shows."""

    format: Literal[1] = 1
    taken_at: AwareDatetime
    postgres: str
    dumps: list[Dump]


class Psql:
    """An open session of psql; `ask` gives the one value that a statement returns."""

    def __init__(self, place: Place, database: str) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the session
        self._process = place.postgres(
            "psql",
            *(
                "--no-psqlrc",
                "--quiet",
                "--no-align",
                "--tuples-only",
                "--set=ON_ERROR_STOP=1",
                f"--dbname={database}",
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        self._errors.close()

    def ask(self, statement: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{statement};\n".encode())
            self._process.stdin.flush()
            answer = self._process.stdout.readline().decode().strip()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self._process.wait()
            raise SystemExit(f"PostgreSQL does not answer: {_text(self._errors)}")
        return answer


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one database showed at the instant, under the name by which pg_dump sees it too."""

    name: str
    session: Psql

    def release(self) -> None:
        """Lets PostgreSQL clean up again what has changed since."""
        self.session.ask("commit; select true")


def take(place: Place, path: Path, say: Say) -> Manifest:
    """Writes the backup; `path` appears when it is whole. Raises SystemExit, and leaves nothing, when it cannot."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            manifest = _take(place, path, Path(folder), say)
    except OSError as error:
        raise SystemExit(f"The backup cannot be written: {error}") from error
    try:
        _record(place, manifest)
    except SystemExit as error:
        raise SystemExit(
            f"{path} is whole, but `pauta doctor` does not know of it. {error}"
        ) from None
    return manifest


def _record(place: Place, manifest: Manifest) -> None:
    """Records in the database, where `pauta doctor` reads it, that there is a good backup. The backup has not got it.

    The column is added here as well, for a backup comes before the `pauta up` of an update.
    """
    update = f"update installation set backed_up_at = '{manifest.taken_at}'"  # noqa: S608 - a date
    with Psql(place, LEADS) as session:
        session.ask(f"{BACKED_UP_AT}; {update}; select true")


def _take(place: Place, path: Path, folder: Path, say: Say) -> Manifest:
    with _one_instant(place) as (taken_at, version, snapshots):
        dumps = []
        for name, snapshot in snapshots.items():
            dumps.append(_dump(place, folder, name, say, f"--snapshot={snapshot.name}"))
            snapshot.release()
    say("waiting for the audit log to have everything said so far")
    place.administer("pauta.restore", "caught-up")
    dumps.append(_dump(place, folder, LISTENER, say))
    manifest = Manifest(taken_at=taken_at, postgres=version, dumps=dumps)
    whole = folder / path.name
    with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1))
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name in (MANIFEST, *(dump.name for dump in dumps)):
                tar.add(folder / name, name)
                (folder / name).unlink()
        file.flush()
        os.fsync(file.fileno())
    say("reading it back")
    check(whole)
    whole.replace(path)
    return manifest


@contextmanager
def _one_instant(place: Place) -> Iterator[tuple[datetime, str, Mapping[str, Snapshot]]]:
    """The instant, the server's version, and a snapshot of each database taken then: good while this is open."""
    with ExitStack() as stack:
        sessions = {name: stack.enter_context(Psql(place, name)) for name in AT_ONE_INSTANT}
        version, *_ = [
            session.ask("show server_version") for session in sessions.values()
        ]  # by now all are connected
        begin = "begin isolation level repeatable read read only; select pg_export_snapshot()"
        snapshots = {
            name: Snapshot(session.ask(begin), session) for name, session in sessions.items()
        }
        now = sessions[AT_ONE_INSTANT[-1]].ask(
            "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
        )
        yield datetime.fromisoformat(f"{now}+00:00"), version, snapshots


def _dump(place: Place, folder: Path, database: str, say: Say, *more: str) -> Dump:
    say(f"{database}: dumping")
    with Psql(place, database) as session:
        revision = session.ask("select version_num from alembic_version")
    digest, size = hashlib.sha256(), 0
    with (
        tempfile.TemporaryFile() as errors,
        (folder / f"{database}.dump").open("xb") as file,
        place.postgres(
            "pg_dump",
            "--format=custom",
            *more,
            f"--dbname={database}",
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as process,
    ):
        assert process.stdout is not None
        while chunk := process.stdout.read(CHUNK):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            say(f"{database}: {size / 1e6:.0f} MB")
        if process.wait():
            raise SystemExit(f"pg_dump of {database} failed: {_text(errors)}")
    return Dump(database=database, revision=revision, size=size, sha256=digest.hexdigest())


def check(path: Path) -> Manifest:
    """Reads the whole file. Raises SystemExit when it is not a whole backup that this version can put back."""
    try:
        with tarfile.open(path, "r:") as tar:
            manifest = Manifest.model_validate_json(_member(tar, MANIFEST).read())
            for dump in manifest.dumps:
                content = _member(tar, dump.name)
                digest = hashlib.sha256()
                while chunk := content.read(CHUNK):
                    digest.update(chunk)
                if digest.hexdigest() != dump.sha256:
                    raise SystemExit(f"{path}: {dump.name} is damaged.")
    except (OSError, tarfile.TarError, ValidationError, KeyError) as error:
        raise SystemExit(
            f"{path} is not a whole backup of Pauta ({type(error).__name__})."
        ) from error
    if {dump.database for dump in manifest.dumps} != {*AT_ONE_INSTANT, LISTENER}:
        raise SystemExit(f"{path} does not have every database.")
    for dump in manifest.dumps:
        known = (PROJECT / "services" / dump.database / "migrations" / "versions").glob(
            f"{dump.revision}_*.py"
        )
        if not list(known):
            raise SystemExit(
                f"{path} was made by a newer Pauta: {dump.database} is at {dump.revision}. Update first."
            )
    return manifest


def put_back(place: Place, path: Path, manifest: Manifest, *, operator: str, say: Say) -> int:
    """Replaces every database by that of the backup and starts the services, silent; how many events were said again.

    The present databases go when the new ones are filled. Raises SystemExit when something fails: before that with
    everything as it was, after that with the services stopped, so that nobody is contacted by half a system.
    """
    say("stopping the services")
    place.stop_services()
    try:
        with tarfile.open(path, "r:") as tar:
            for dump in manifest.dumps:
                say(f"{dump.database}: filling")
                _fill(place, dump.database, _member(tar, dump.name))
    except BaseException:
        say("starting the services again: nothing has changed")
        _server(
            place,
            *(
                f'drop database if exists "{_fresh(dump.database)}" with (force)'
                for dump in manifest.dumps
            ),
        )
        place.start_services()
        raise
    say("replacing the databases")
    for dump in manifest.dumps:
        _server(
            place,
            f'drop database if exists "{dump.database}" with (force)',
            f'alter database "{_fresh(dump.database)}" rename to "{dump.database}"',
        )
    place.administer("pauta", "setup")
    place.administer("pauta.restore", "silence", operator)
    say("saying again what was on its way")
    said = int(place.administer("pauta.restore", "say-again", manifest.taken_at.isoformat()))
    say("starting the services")
    place.start_services()
    return said


def _fill(place: Place, database: str, content: IO[bytes]) -> None:
    fresh = _fresh(database)
    _server(place, f'drop database if exists "{fresh}" with (force)', f'create database "{fresh}"')
    with (
        tempfile.TemporaryFile() as errors,
        place.postgres(
            *(
                "pg_restore",
                "--no-owner",
                "--no-privileges",
                "--exit-on-error",
                f"--dbname={fresh}",
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ) as process,
    ):
        assert process.stdin is not None
        try:
            while chunk := content.read(CHUNK):
                process.stdin.write(chunk)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it says below why it stopped reading
        if process.wait():
            raise SystemExit(f"pg_restore of {database} failed: {_text(errors)}")


def _server(place: Place, *statements: str) -> None:
    with tempfile.TemporaryFile() as errors:
        commands = [f"--command={statement}" for statement in statements]
        process = place.postgres(
            *(
                "psql",
                "--no-psqlrc",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                "--dbname=postgres",
                *commands,
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        if process.wait():
            raise SystemExit(f"PostgreSQL refuses: {_text(errors)}")


def _fresh(database: str) -> str:
    return f"{database}_restored"


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    content = tar.extractfile(name)
    if content is None:
        raise KeyError(name)
    return content


def _text(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode(errors="replace").strip()[-2000:]
