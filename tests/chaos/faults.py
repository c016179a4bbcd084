"""The faults that the system suffers while leads arrive, each a context around the burst."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.chaos import inputs, oddities
from tests.chaos.system import WiredSystem
from tests.system import REPLICATED, person

BEYOND_LEASE = 7.0  # the tests' lease is 5 s
ROLLS = 10
MAX_RECOVERY = 20.0
PROVIDERS = {
    "twilio": ("POST", "/2010-04-01"),
    "brevo": ("POST", "/smtp/email"),
    "kommo": ("", "/api/v4"),
    "calcom": ("", "/v2"),
}


@dataclass(frozen=True)
class Fault:
    """A fault. `around` is entered before the burst and left after it, which repairs the fault."""

    group: str
    name: str
    around: Callable[[WiredSystem, random.Random], AbstractAsyncContextManager[None]]
    quick: bool = False  # in the short selection


# ---- our processes

KILLS = {
    "intake": ("row written", "outbox publish", "confirm", "confirm passed"),
    "crm": (
        "event received",
        "row written",
        "request sent",
        "answer received",
        "commit",
        "acknowledgement",
        "outbox publish",
        "confirm",
        "confirm passed",
    ),
    "notify": (
        "event received",
        "row written",
        "request sent",
        "answer received",
        "commit",
        "acknowledgement",
        "outbox publish",
        "confirm",
        "confirm passed",
    ),
    "scheduler": (
        "event received",
        "row written",
        "commit",
        "acknowledgement",
        "outbox publish",
        "confirm",
        "confirm passed",
    ),
    "console": ("event received", "row written", "acknowledgement"),
}
DESCRIPTIONS = {
    "event received": "an event was received",
    "row written": "a row was written",
    "request sent": "a provider's request was sent",
    "answer received": "a provider's answer was received",
    "commit": "the outcome was committed",
    "acknowledgement": "it acknowledges",
    "outbox publish": "the outbox publishes",
    "confirm": "before the broker's confirm",
    "confirm passed": "after the broker's confirm",
}
NEVER_ARRIVES = {"row written", "commit", "acknowledgement", "outbox publish", "confirm"}
QUICK_KILLS = {("notify", "answer received"), ("scheduler", "outbox publish")}


def _kill(service: str, point: str) -> Fault:
    def around(system: WiredSystem, chance: random.Random) -> AbstractAsyncContextManager[None]:
        before = point in NEVER_ARRIVES
        return system.killing(service, point.removesuffix(" passed"), before=before, chance=chance)

    return Fault(
        "killed",
        f"SIGKILL of {service}: {DESCRIPTIONS[point]}",
        around,
        quick=(service, point) in QUICK_KILLS,
    )


def _every_kill() -> list[Fault]:
    faults: list[Fault] = []
    for service, points in KILLS.items():
        faults += [_kill(service, point) for point in points]
    return faults


def _stall(service: str, point: str) -> Fault:
    def around(system: WiredSystem, chance: random.Random) -> AbstractAsyncContextManager[None]:
        return system.stalling(service, point, seconds=BEYOND_LEASE, chance=chance)

    name = f"SIGSTOP of {service} beyond its lease: {DESCRIPTIONS[point]}"
    return Fault("stalled", name, around, quick=(service, point) == ("notify", "row written"))


@asynccontextmanager
async def rolling(system: WiredSystem, _: random.Random) -> AsyncIterator[None]:
    async def roll(service: str) -> None:
        for _ in range(ROLLS):
            await system.roll(service)

    rolls = [asyncio.create_task(roll(service)) for service in REPLICATED]
    yield
    await asyncio.gather(*rolls)


@asynccontextmanager
async def leaders_frozen(system: WiredSystem, _: random.Random) -> AsyncIterator[None]:
    """Freezes each replica with a leader in turn, and drops its lock, as when PostgreSQL moves."""
    locks = """select pg_terminate_backend(pid)
               from pg_locks join pg_database on pg_database.oid = pg_locks.database
               where locktype = 'advisory' and granted and datname = $1"""

    async def freeze() -> None:
        await asyncio.sleep(0.5)
        for service in ("crm", "scheduler", "console"):
            for process, _ in system.replicas[service]:
                os.killpg(process.pid, signal.SIGSTOP)
                try:
                    await system.sql("postgres", locks, service)
                    await asyncio.sleep(2.5)  # another is elected
                finally:
                    os.killpg(process.pid, signal.SIGCONT)

    freezing = asyncio.create_task(freeze())
    try:
        yield
    finally:
        await freezing
    await system.until_up()


def _clock_off(service: str, minutes: int) -> Fault:
    @asynccontextmanager
    async def around(system: WiredSystem, _: random.Random) -> AsyncIterator[None]:
        await system.set_clock(service, ahead=minutes * 60)
        try:
            yield
            await asyncio.sleep(5)
        finally:
            await system.set_clock(service, ahead=0)

    direction = "ahead" if minutes > 0 else "behind"
    return Fault("clocks", f"the clock of {service} {abs(minutes)} minutes {direction}", around)


def _every_clock() -> list[Fault]:
    faults: list[Fault] = []
    for service in REPLICATED:
        faults += [_clock_off(service, minutes) for minutes in (10, -10)]
    return faults


@asynccontextmanager
async def everything_killed(system: WiredSystem, chance: random.Random) -> AsyncIterator[None]:
    """Kills everything at once and starts it in random order, as after a power cut."""

    async def cut() -> None:
        await asyncio.sleep(0.5)
        for service in REPLICATED:
            system.kill(service)
        for server in (system.postgres, system.rabbitmq):
            await asyncio.to_thread(server.kill)
        starts = [server.start for server in (system.postgres, system.rabbitmq)]
        for service in REPLICATED:
            starts += [process.start for process, _ in system.replicas[service]]
        chance.shuffle(starts)
        for start in starts:
            await asyncio.to_thread(start)
        took = await system.until_called(person())
        system.remarks.append(
            f"a form was accepted and its call placed {took:.1f} s after the last start"
        )
        assert took < MAX_RECOVERY, f"served leads only {took:.1f} s after the last start"

    cutting = asyncio.create_task(cut())
    try:
        yield
    finally:
        await cutting
    await system.until_up()


# ---- the servers


def _during(harm: Callable[[WiredSystem], Any]) -> Callable[..., AbstractAsyncContextManager[None]]:
    """Returns a fault that starts a moment after the burst and repairs itself."""

    @asynccontextmanager
    async def around(system: WiredSystem, chance: random.Random) -> AsyncIterator[None]:
        async def harmed() -> None:
            await asyncio.sleep(chance.uniform(0.2, 0.6))
            await harm(system)

        harming = asyncio.create_task(harmed())
        try:
            yield
        finally:
            await harming
        await system.until_up()

    return around


async def rabbitmq_restarted(system: WiredSystem) -> None:
    await system.restart_server(system.rabbitmq)


async def rabbitmq_out_of_memory(system: WiredSystem) -> None:
    await rabbitmq_blocked(system, 6)


async def rabbitmq_out_of_memory_without_database(system: WiredSystem) -> None:
    """Stops all work: no message can be processed, and none published to a retry queue."""
    await asyncio.to_thread(system.postgres.kill)
    await rabbitmq_blocked(system, 30)
    await asyncio.to_thread(system.postgres.start)
    await asyncio.to_thread(system.postgres.wait)


async def rabbitmq_blocked(system: WiredSystem, seconds: float) -> None:
    await system.rabbitmqctl("set_vm_memory_high_watermark", "0.00001")
    await asyncio.sleep(seconds)
    await system.rabbitmqctl("set_vm_memory_high_watermark", "0.4")


async def bindings_removed(system: WiredSystem) -> None:
    """Removes every binding. The broker returns each event, and the outboxes keep it."""
    await system.unbind("#")
    await asyncio.sleep(5)
    await republish(system)


async def binding_removed(system: WiredSystem) -> None:
    """Removes notify's binding for new leads. The broker cannot notice, so they are republished."""
    await system.unbind("lead.created", "notify.call")
    await asyncio.sleep(5)
    await republish(system)


async def republish(system: WiredSystem) -> None:
    """Republishes the events, as `pauta republish` does."""
    await asyncio.to_thread(system.native.administer, "pauta", "setup")
    await asyncio.to_thread(
        system.native.administer, "pauta.restore", "republish", datetime.now(UTC).isoformat()
    )


async def rabbitmq_started_last(system: WiredSystem) -> None:
    await asyncio.to_thread(system.rabbitmq.kill)
    for service in REPLICATED:
        system.kill(service)
        for process, _ in system.replicas[service]:
            process.start()
    await asyncio.sleep(5)
    await asyncio.to_thread(system.rabbitmq.start)
    await asyncio.to_thread(system.rabbitmq.wait)


async def postgresql_restarted(system: WiredSystem) -> None:
    await system.restart_server(system.postgres)


async def postgresql_down(system: WiredSystem) -> None:
    await asyncio.to_thread(system.postgres.kill)
    await asyncio.sleep(60)
    await asyncio.to_thread(system.postgres.start)
    await asyncio.to_thread(system.postgres.wait)


async def postgresql_read_only(system: WiredSystem) -> None:
    await system.administer(
        "alter system set default_transaction_read_only = on", "select pg_reload_conf()"
    )
    await asyncio.sleep(5)
    await system.administer(
        "alter system reset default_transaction_read_only", "select pg_reload_conf()"
    )


async def connections_cut(system: WiredSystem) -> None:
    for _ in range(5):
        await system.administer(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = any(array['"
            + "','".join(REPLICATED)
            + "'])"
        )
        await asyncio.sleep(0.5)


# ---- the providers


def _provider(name: str, *, lasting: float = 0.0, quick: bool = False, **fault: Any) -> Fault:
    """Returns a fault of every provider's next three requests, or of all for `lasting` seconds."""

    @asynccontextmanager
    async def around(system: WiredSystem, _: random.Random) -> AsyncIterator[None]:
        details = {key: value() if callable(value) else value for key, value in fault.items()}
        times = 1_000_000 if lasting else 3
        for provider, (method, path) in PROVIDERS.items():
            target = {"provider": provider, "method": method, "path": path, "times": times}
            await system.inject_fault(**target | details)
        yield
        await asyncio.sleep(lasting)
        await system.clear_faults()

    return Fault("provider", f"every provider: {name}", around, quick=quick)


def _in(seconds: float) -> Callable[[], str]:
    return lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def _receipts(name: str, **profile: Any) -> Fault:
    @asynccontextmanager
    async def around(system: WiredSystem, _: random.Random) -> AsyncIterator[None]:
        url = f"{system.native.addresses.simulator}/simulator/callbacks"
        await system.http.put(url, json=profile)
        yield
        await asyncio.sleep(2 + profile.get("late", 0.0))
        await system.http.put(url, json={})

    return Fault("callbacks", f"callbacks {name}", around, quick=profile.get("copies") == 2)


@asynccontextmanager
async def answers_overtaken(system: WiredSystem, _: random.Random) -> AsyncIterator[None]:
    url = f"{system.native.addresses.simulator}/simulator/latency"
    await system.http.put(url, json=dict.fromkeys(PROVIDERS, 1.5))
    yield
    await system.http.put(url, json=dict.fromkeys(PROVIDERS, 0.0))


def _input(name: str, attack: Callable[[WiredSystem], Any], *, quick: bool = False) -> Fault:
    @asynccontextmanager
    async def around(system: WiredSystem, _: random.Random) -> AsyncIterator[None]:
        attacking = asyncio.create_task(attack(system))
        yield
        try:
            await attacking
        finally:
            with contextlib.suppress(Exception):
                await system.clear_faults()

    return Fault("input", name, around, quick=quick)


def _oddity(
    name: str, attack: Callable[[WiredSystem, random.Random], Any], *, quick: bool = False
) -> Fault:
    @asynccontextmanager
    async def around(system: WiredSystem, dice: random.Random) -> AsyncIterator[None]:
        happening = asyncio.create_task(attack(system, dice))
        try:
            yield
        finally:
            await happening

    return Fault("oddities", name, around, quick=quick)


FAULTS: tuple[Fault, ...] = (
    # first, because republishing repeats every event published before
    Fault(
        "servers",
        "RabbitMQ: every binding removed by hand (unroutable events), then `pauta republish`",
        _during(bindings_removed),
    ),
    Fault(
        "servers",
        "RabbitMQ: one binding removed by hand, then `pauta republish`",
        _during(binding_removed),
    ),
    *_every_kill(),
    _stall("notify", "row written"),
    _stall("notify", "request sent"),
    _stall("notify", "answer received"),
    _stall("crm", "request sent"),
    _stall("scheduler", "row written"),
    Fault(
        "stalled", "frozen leaders: another is elected, then they go on", leaders_frozen, quick=True
    ),
    *_every_clock(),
    Fault("rolled", f"SIGTERM: every service restarted {ROLLS} times, replica by replica", rolling),
    Fault("servers", "RabbitMQ killed and restarted", _during(rabbitmq_restarted)),
    Fault("servers", "RabbitMQ: memory alarm", _during(rabbitmq_out_of_memory)),
    Fault(
        "servers",
        "RabbitMQ: memory alarm, PostgreSQL down",
        _during(rabbitmq_out_of_memory_without_database),
    ),
    Fault("servers", "RabbitMQ started after the services", _during(rabbitmq_started_last)),
    Fault("servers", "PostgreSQL killed and restarted", _during(postgresql_restarted)),
    Fault("servers", "PostgreSQL read-only", _during(postgresql_read_only)),
    Fault("servers", "PostgreSQL down for a minute", _during(postgresql_down)),
    Fault(
        "servers", "PostgreSQL: connections cut, five times", _during(connections_cut), quick=True
    ),
    Fault("servers", "everything killed at once, started in random order", everything_killed),
    _provider("500s for a minute", kind="status", status=500, lasting=60),
    _provider("401 for ten seconds", kind="status", status=401, lasting=10),
    _provider("429, Retry-After in seconds", kind="status", status=429, retry_after="2"),
    _provider("429, Retry-After as a date", kind="status", status=429, retry_after=_in(3)),
    _provider("429 without Retry-After", kind="status", status=429),
    _provider("accepts, then hangs", kind="stall", seconds=4.0),
    _provider("resets after accepting", kind="lose", quick=True),
    _provider("answers one byte a second", kind="trickle", seconds=10.0),
    _provider("answers 100 MB", kind="huge"),
    _provider("answers 2 GB", kind="endless"),
    _provider("answers what unpacks to 600 MB", kind="bomb"),
    _provider("answers 200,000 brackets", kind="brackets"),
    _provider("answers lists in lists", kind="nested", quick=True),
    _provider("answers nonsense for a minute", kind="nonsense", lasting=60),
    _provider("answers HTML with 200", kind="html"),
    _provider("answers half a JSON", kind="cut"),
    _provider("answers an empty 201", kind="empty"),
    _receipts("lost", copies=0),
    _receipts("doubled", copies=2),
    _receipts("reordered", late=1.0),
    _receipts("late, after every timeout", late=12.0),
    Fault("callbacks", "callbacks before the answer of their request", answers_overtaken),
    _input("one webhook a hundred times in parallel", inputs.a_hundred_webhooks),
    _input("booked before Kommo has registered", inputs.booked_before_registered),
    _input("stop while queued", inputs.stop_while_queued),
    _input("stop while claimed", inputs.stop_while_claimed),
    _input("stop while in retry", inputs.stop_while_in_retry),
    _input("poison messages", inputs.poison),
    _input("booked as another lead of the person (a circle)", inputs.booked_as_another_lead),
    _input("a poisoned timer", inputs.poisoned_timer),
    _input("bodies of 1 MB and 10 MB, 100,000 nested arrays, a slow upload", inputs.large_bodies),
    _input(
        "names with emoji, bidi marks, NUL, quotes and injections", inputs.strange_names, quick=True
    ),
    _input("forged, missing, replayed and foreign signatures", inputs.signatures, quick=True),
    _oddity("seats of a group event, doubled and in any order", oddities.seats, quick=True),
    _oddity("a recurring series, doubled and in any order", oddities.a_series),
    _oddity("moves under one uid, doubled and in any order", oddities.moves_under_one_uid),
    _oddity("a request that the API accepted, by no webhook", oddities.an_acceptance_by_api),
    _oddity("a soft bounce", oddities.a_soft_bounce),
    _oddity("Brevo blocks a mail because of our sender", oddities.a_sender_at_fault),
    _oddity("call screening answers for two seconds", oddities.call_screening),
    _oddity("BAJA from a number that WhatsApp hides", oddities.a_hidden_number, quick=True),
    _oddity("Kommo: a move by user 0", oddities.a_move_by_user_0),
    _oddity("Kommo: 301, the account has another name", oddities.an_account_that_moved),
    _oddity("Kommo: a contact was deleted", oddities.a_deleted_contact),
    _oddity("callbacks of a mail and a message in any order", oddities.callbacks_out_of_order),
)
