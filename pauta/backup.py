"""Writes all databases into one file while everything runs, and restores a system from it."""

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
AUDIT_LOG = "console"  # consumes every event of the others; dumped last, when it has them all
MANIFEST = "manifest.json"
CHUNK = 1 << 20

Report = Callable[[str], None]


class Place(Protocol):
    """Where the system runs: with Docker Compose, as plain processes, or in the tests."""

    def postgres(self, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
        """Starts one of PostgreSQL's programs, connected to the server as its superuser."""

    def administer(self, *module: str) -> str:
        """Runs `python -m …` with the administrator's addresses. Returns its output.

        Raises SystemExit if it fails.
        """

    def stop_services(self) -> None: ...

    def start_services(self) -> None: ...


class Dump(BaseModel):
    """Describes one database's file, written by pg_dump. `revision` is the schema's."""

    database: str
    revision: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.database}.dump"


class Manifest(BaseModel):
    """Describes a backup's contents. `taken_at` is the one instant that it shows."""

    format: Literal[1] = 1
    taken_at: AwareDatetime
    postgres: str
    dumps: list[Dump]


class Psql:
    """An open psql session. `ask` returns the one value that a statement returns."""

    def __init__(self, place: Place, database: str) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the session
        self._process = place.postgres(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--no-align",
            "--tuples-only",
            "--set=ON_ERROR_STOP=1",
            f"--dbname={database}",
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
    """One database as it was at the instant, under the name by which pg_dump can read it."""

    name: str
    session: Psql

    def release(self) -> None:
        """Ends the transaction, so that PostgreSQL can remove old row versions."""
        self.session.ask("commit; select true")


def take(place: Place, path: Path, report: Report) -> Manifest:
    """Writes the backup. `path` appears once it is complete.

    Raises SystemExit if that fails, and leaves no file.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            manifest = _take(place, path, Path(folder), report)
    except OSError as error:
        raise SystemExit(f"The backup cannot be written: {error}") from error
    try:
        _record(place, manifest)
    except SystemExit as error:
        raise SystemExit(
            f"{path} is complete, but could not be recorded for `pauta doctor`. {error}"
        ) from None
    return manifest


def _record(place: Place, manifest: Manifest) -> None:
    """Records the good backup in the database, where `pauta doctor` reads it.

    The backup itself does not contain this record. The column is added here as well, because an
    upgrade takes its backup before its `pauta up`.
    """
    update = f"update installation set backed_up_at = '{manifest.taken_at}'"  # noqa: S608 - a date
    with Psql(place, LEADS) as session:
        session.ask(f"{BACKED_UP_AT}; {update}; select true")


def _take(place: Place, path: Path, folder: Path, report: Report) -> Manifest:
    with _one_instant(place) as (taken_at, version, snapshots):
        dumps = []
        for name, snapshot in snapshots.items():
            dumps.append(_dump(place, folder, name, report, f"--snapshot={snapshot.name}"))
            snapshot.release()
    report("waiting for the audit log to store every event published so far")
    place.administer("pauta.restore", "caught-up")
    dumps.append(_dump(place, folder, AUDIT_LOG, report))
    manifest = Manifest(taken_at=taken_at, postgres=version, dumps=dumps)
    complete = folder / path.name
    with os.fdopen(os.open(complete, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1))
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name in (MANIFEST, *(dump.name for dump in dumps)):
                tar.add(folder / name, name)
                (folder / name).unlink()
        file.flush()
        os.fsync(file.fileno())
    report("verifying the file")
    check(complete)
    complete.replace(path)
    return manifest


@contextmanager
def _one_instant(place: Place) -> Iterator[tuple[datetime, str, Mapping[str, Snapshot]]]:
    """Yields the instant, the server's version, and a snapshot of each database at that instant.

    The snapshots are valid until this context ends.
    """
    with ExitStack() as stack:
        sessions = {name: stack.enter_context(Psql(place, name)) for name in AT_ONE_INSTANT}
        versions = [session.ask("show server_version") for session in sessions.values()]
        # every session has answered, so all of them are connected
        begin = "begin isolation level repeatable read read only; select pg_export_snapshot()"
        snapshots = {
            name: Snapshot(session.ask(begin), session) for name, session in sessions.items()
        }
        now = sessions[AT_ONE_INSTANT[-1]].ask(
            "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
        )
        yield datetime.fromisoformat(f"{now}+00:00"), versions[0], snapshots


def _dump(place: Place, folder: Path, database: str, report: Report, *options: str) -> Dump:
    report(f"{database}: dumping")
    with Psql(place, database) as session:
        revision = session.ask("select version_num from alembic_version")
    digest = hashlib.sha256()
    size = 0
    with (
        tempfile.TemporaryFile() as errors,
        (folder / f"{database}.dump").open("xb") as file,
        place.postgres(
            "pg_dump",
            "--format=custom",
            *options,
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
            report(f"{database}: {size / 1e6:.0f} MB")
        if process.wait():
            raise SystemExit(f"pg_dump of {database} failed: {_text(errors)}")
    return Dump(database=database, revision=revision, size=size, sha256=digest.hexdigest())


def check(path: Path) -> Manifest:
    """Reads the whole file. Raises SystemExit if this version cannot restore it."""
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
            f"{path} is not a complete backup of Pauta ({type(error).__name__})."
        ) from error
    if {dump.database for dump in manifest.dumps} != {*AT_ONE_INSTANT, AUDIT_LOG}:
        raise SystemExit(f"{path} does not contain every database.")
    for dump in manifest.dumps:
        known = (PROJECT / "services" / dump.database / "migrations" / "versions").glob(
            f"{dump.revision}_*.py"
        )
        if not list(known):
            raise SystemExit(
                f"{path} was made by a newer Pauta: {dump.database} is at {dump.revision}. "
                "Upgrade Pauta first."
            )
    return manifest


def put_back(place: Place, path: Path, manifest: Manifest, *, operator: str, report: Report) -> int:
    """Replaces every database by the backup's and starts the services with outbound paused.

    Returns how many events were republished. The current databases are dropped once the new ones
    are filled. Raises SystemExit if something fails: before that point with everything as it was,
    after it with the services stopped, so that a partly restored system contacts nobody.
    """
    report("stopping the services")
    place.stop_services()
    try:
        with tarfile.open(path, "r:") as tar:
            for dump in manifest.dumps:
                report(f"{dump.database}: restoring")
                _fill(place, dump.database, _member(tar, dump.name))
    except BaseException:
        report("restarting the services: nothing has changed")
        drops = [
            f'drop database if exists "{_fresh(dump.database)}" with (force)'
            for dump in manifest.dumps
        ]
        _execute(place, *drops)
        place.start_services()
        raise
    report("replacing the databases")
    for dump in manifest.dumps:
        _execute(
            place,
            f'drop database if exists "{dump.database}" with (force)',
            f'alter database "{_fresh(dump.database)}" rename to "{dump.database}"',
        )
    place.administer("pauta", "setup")
    place.administer("pauta.restore", "silence", operator)
    report("republishing the events of the day before")
    published = int(place.administer("pauta.restore", "republish", manifest.taken_at.isoformat()))
    report("starting the services")
    place.start_services()
    return published


def _fill(place: Place, database: str, content: IO[bytes]) -> None:
    fresh = _fresh(database)
    _execute(place, f'drop database if exists "{fresh}" with (force)', f'create database "{fresh}"')
    with (
        tempfile.TemporaryFile() as errors,
        place.postgres(
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            f"--dbname={fresh}",
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
            pass  # pg_restore stopped reading; its error is raised below
        if process.wait():
            raise SystemExit(f"pg_restore of {database} failed: {_text(errors)}")


def _execute(place: Place, *statements: str) -> None:
    with tempfile.TemporaryFile() as errors:
        commands = [f"--command={statement}" for statement in statements]
        process = place.postgres(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--dbname=postgres",
            *commands,
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
