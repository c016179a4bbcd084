"""A backup of the running system, and how a system restored from it behaves."""

import asyncio
import hashlib
import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from contracts.events.backup import BackupStarted
from kit.messaging.broker import EVENT_EXCHANGE, wait_exchange
from pauta.backup import Manifest, check, put_back, take
from pauta.cli import app
from tests.e2e.test_journey import FOLLOW_UPS, a_booked_lead, a_welcomed_lead, texts_to
from tests.system import REPLICATED, System, everything_received, person

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

KEPT_IN = {"intake": "leads", "crm": "registrations", "notify": "leads", "scheduler": "enrolments"}


@dataclass
class Here:
    """The tests' system, behind the interface that backup and restore use."""

    system: System

    def postgres(self, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
        started: subprocess.Popen[bytes] = self.system.postgres.run(program, *arguments, **pipes)
        return started

    def administer(self, *module: str) -> str:
        return self.system.native.administer(*module)

    def stop_services(self) -> None:
        for name in REPLICATED:
            for process, _ in self.system.replicas[name]:
                process.stop()

    def start_services(self) -> None:
        for name in REPLICATED:
            self.system.restart(name)


def silently(_: str) -> None:
    """Ignores a progress line."""


async def backed_up(system: System, path: Path) -> Manifest:
    return await asyncio.to_thread(take, Here(system), path, silently)


async def restored(system: System, path: Path) -> int:
    manifest = check(path)
    return await asyncio.to_thread(
        put_back, Here(system), path, manifest, operator="Test", report=silently
    )


async def resumed(system: System) -> None:
    """Resumes outbound messages, as an operator would."""
    environment = {"CONSOLE_PORT": str(system.native.ports["console"])}
    result = await asyncio.to_thread(CliRunner().invoke, app, ["resume"], env=environment)
    assert result.exit_code == 0, result.output


async def last_backup(system: System) -> datetime | None:
    """Returns when the last backup was taken, as `pauta doctor` shows it."""
    taken: datetime | None = await system.sql("intake", "select backed_up_at from installation")
    return taken


async def known_in(system: System, lead: int) -> set[str]:
    return {
        service
        for service, table in KEPT_IN.items()
        if await system.sql(service, f"select true from {table} where lead_id = $1", lead)
    }


async def test_after_a_restore_nobody_is_contacted_until_the_operator_resumes(
    system: System, tmp_path: Path
) -> None:
    followed, follower = await a_welcomed_lead(system)
    booked, booker, _ = await a_booked_lead(system)
    stopper = person(2, 5)
    stopped = await system.lead(stopper)
    await system.happens(stopped, "lead.opted_out")

    async def confirmed() -> bool:  # also by mail, which may still be due
        return len(await system.simulator("emails", booker["email"])) == 2

    await system.until(confirmed, lambda: "the booking was not confirmed by mail")
    await system.quiet()
    settled = [follower, booker, stopper]
    accepted: list[int] = []

    async def keep_arriving() -> None:
        while True:
            accepted.append(await system.lead(person()))
            await asyncio.sleep(0.3)  # as fast as leads come on a very good day

    arriving = asyncio.create_task(keep_arriving())
    await system.until(lambda: _reached(accepted, 5), lambda: "no lead arrives")
    before = list(accepted)
    manifest = await backed_up(system, tmp_path / "backup")
    assert await last_backup(system) == manifest.taken_at
    assert len(accepted) > len(before)
    arriving.cancel()
    forgotten = await system.lead(person())
    await system.quiet()
    contacted = await everything_received(system, settled)
    received = await _all_received(system)

    await restored(system, tmp_path / "backup")

    assert await last_backup(system) != manifest.taken_at
    for lead in (followed, booked, stopped, *before):
        lost = f"lead {lead} is lost"
        await system.until(partial(_everywhere, system, lead), partial(str, lost))
    assert not await known_in(system, forgotten)
    await system.let_pass(followed, "day_3")
    await system.planned(followed, *FOLLOW_UPS[1:])
    later = await system.lead(person())
    await system.happens(later, "call touch.held", "email touch.held")
    await system.until(
        lambda: _at_rest(system), lambda: "the restored system does not come to rest"
    )
    assert later > max(forgotten, *accepted)
    assert await _all_received(system) == received

    await resumed(system)
    await system.happens(later, "call.answered", "email touch.delivered")
    await system.happens(followed, "whatsapp touch.delivered")
    await system.quiet()
    assert await texts_to(system, follower) == ["day_3"]
    contacted[0]["whatsapp"] += 1
    assert await everything_received(system, settled) == contacted


async def test_a_backup_ends_however_much_is_published_and_retried(
    system: System, tmp_path: Path
) -> None:
    waiting = wait_exchange("console", 5.0)  # its messages return to the queue after five seconds

    async def never_rest() -> None:
        async with await aio_pika.connect(system.broker_url()) as connection:
            channel = await connection.channel()
            events = await channel.get_exchange(EVENT_EXCHANGE.name)
            round_about = await channel.get_exchange(waiting)
            while True:
                event = BackupStarted(lead_id=-1)
                message = aio_pika.Message(
                    event.model_dump_json().encode(), message_id=str(event.event_id)
                )
                await events.publish(message, event.topic)
                await round_about.publish(message, "console.events")
                await asyncio.sleep(0.005)

    noise = asyncio.create_task(never_rest())
    try:
        async with asyncio.timeout(120):
            manifest = await backed_up(system, tmp_path / "backup")
    finally:
        noise.cancel()
        await asyncio.gather(noise, return_exceptions=True)

    assert check(tmp_path / "backup") == manifest
    await system.quiet()


async def test_events_in_transit_during_the_backup_are_not_lost(
    system: System, tmp_path: Path
) -> None:
    """Backs up while notify and console are down, and restores with empty queues."""
    for name in ("notify", "console"):
        await asyncio.to_thread(system.kill, name)
    form = person()
    lead = await system.lead(form)
    waiting = asyncio.Event()
    loop = asyncio.get_running_loop()

    def report(line: str) -> None:
        if line.startswith("waiting"):
            loop.call_soon_threadsafe(waiting.set)

    taking = asyncio.create_task(asyncio.to_thread(take, Here(system), tmp_path / "backup", report))
    async with asyncio.timeout(60):
        await waiting.wait()
    await asyncio.to_thread(system.restart, "console")
    await taking
    for queue in (await system.management("GET", "/queues?columns=name")).json():
        if queue["name"].startswith("notify."):
            await system.management("DELETE", f"/queues/%2F/{queue['name']}/contents")

    await restored(system, tmp_path / "backup")
    await resumed(system)

    await system.happens(lead, "call.answered", "email touch.delivered")
    await system.quiet()
    assert await everything_received(system, [form]) == [
        {"calls": 1, "whatsapp": 0, "sms": 0, "emails": 1}
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kept(system: System, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the path of a valid backup."""
    path = tmp_path_factory.mktemp("kept") / "backup"
    await backed_up(system, path)
    return path


@pytest.mark.parametrize("wrong", ["cut short", "changed", "something else", "newer"])
def test_a_wrong_file_is_refused(kept: Path, tmp_path: Path, wrong: str) -> None:
    path = Path(shutil.copy(kept, tmp_path))
    manifest = check(path)
    match wrong:
        case "cut short":
            path.write_bytes(path.read_bytes()[: sum(dump.size for dump in manifest.dumps)])
        case "changed":
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        case "something else":
            path.write_text("Querido diario:")
        case "newer":
            manifest.dumps[0].revision = "9999"
            repack(path, manifest)

    with pytest.raises(SystemExit):
        check(path)


async def test_a_backup_that_postgresql_cannot_read_changes_nothing(
    system: System, kept: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(kept, tmp_path))
    manifest = check(path)
    lead, _ = await a_welcomed_lead(system)
    await system.quiet()
    rubbish = b"PGDMP and then nothing of sense"
    manifest.dumps[-1].sha256 = hashlib.sha256(rubbish).hexdigest()
    repack(path, manifest, **{manifest.dumps[-1].name: rubbish})

    with pytest.raises(SystemExit, match="pg_restore"):
        await restored(system, path)
    assert await known_in(system, lead) == {*KEPT_IN}
    assert not await system.sql(
        "postgres", "select count(*) from pg_database where datname like '%restored'"
    )
    assert lead < await system.lead(person()) < lead + 1000


async def test_a_failed_backup_keeps_the_previous_one(system: System, kept: Path) -> None:
    class Broken(Here):
        def postgres(self, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
            wrong = (
                ["--no-such-option"]
                if program == "pg_dump" and "--dbname=scheduler" in arguments
                else []
            )
            return super().postgres(program, *arguments, *wrong, **pipes)

    whole = kept.read_bytes()
    known = await last_backup(system)
    with pytest.raises(SystemExit, match="scheduler"):
        await asyncio.to_thread(take, Broken(system), kept, silently)

    assert await last_backup(system) == known
    assert kept.read_bytes() == whole
    assert list(kept.parent.iterdir()) == [kept]


def test_a_backup_is_for_its_owner_alone(kept: Path) -> None:
    assert kept.stat().st_mode & 0o777 == 0o600


def repack(path: Path, manifest: Manifest, **other: bytes) -> None:
    """Rewrites the backup with this manifest, and with other contents for some dumps."""
    with tarfile.open(path) as tar:
        contents = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    contents |= {"manifest.json": manifest.model_dump_json().encode()} | other
    with tarfile.open(path, "w") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


async def _reached(several: list[int], count: int) -> bool:
    return len(several) >= count


async def _everywhere(system: System, lead: int) -> bool:
    return await known_in(system, lead) == {*KEPT_IN}


async def _all_received(system: System) -> list[int]:
    return [len(await system.simulator(kind)) for kind in ("calls", "messages", "emails")]


async def _at_rest(system: System) -> bool:
    outboxes = [await system.sql(name, "select count(*) from outbox") for name in REPLICATED]
    return not any(outboxes) and not any(await system.depths())
