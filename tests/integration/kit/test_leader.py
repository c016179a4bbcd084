"""One leader at a time, also when a frozen leader resumes after another was elected."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
import pytest_asyncio

from kit.leader import TABLE, UPSERT_TERM, Lead, Leader, LeadLost

pytestmark = pytest.mark.connected


class Replica:
    """A candidate that records its runs and their terms, and can be frozen during a run."""

    def __init__(self, dsn: str, done: list[tuple[str, int]], name: str) -> None:
        self._name = name
        self._done = done
        self.lead: Lead | None = None
        self.thawed = asyncio.Event()
        self.running = asyncio.Event()
        self.thawed.set()
        self.leader = Leader(
            dsn=dsn,
            name="work",
            job=self._job,
            elected=self._elected,
            pause=0.01,
            retry_interval=0.05,
        )

    def _elected(self, lead: Lead) -> None:
        self.lead = lead

    async def _job(self) -> bool:
        assert self.lead is not None
        self.running.set()
        await self.thawed.wait()
        await self.lead.holds()
        self._done.append((self._name, self.lead.term))
        return False


@pytest_asyncio.fixture
async def server(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"drop table if exists leaders; {TABLE}")
    yield connection
    await connection.close()


async def cut_off(server: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Ends the session that has the lock, as a failover does."""
    await server.execute(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted"
    )


@asynccontextmanager
async def running(replica: Replica) -> AsyncIterator[None]:
    task = asyncio.create_task(replica.leader())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_done(done: list[tuple[str, int]], name: str) -> None:
    async with asyncio.timeout(10):
        while not done or done[-1][0] != name:
            await asyncio.sleep(0.01)


async def test_one_replica_leads_and_the_other_takes_over(
    dsn: str, server: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    done: list[tuple[str, int]] = []
    first = Replica(dsn, done, "first")
    second = Replica(dsn, done, "second")
    async with running(first):
        await until_done(done, "first")
        async with running(second):
            await cut_off(server)
            await until_done(done, "second")

    first_runs = [("first", 1)] * done.count(("first", 1))
    second_runs = [("second", 2)] * done.count(("second", 2))
    assert done == first_runs + second_runs


async def test_a_frozen_leader_does_nothing_more_once_another_was_elected(
    dsn: str, server: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    done: list[tuple[str, int]] = []
    first = Replica(dsn, done, "first")
    second = Replica(dsn, done, "second")
    first.thawed.clear()
    async with running(first):
        await asyncio.wait_for(first.running.wait(), 10)
        await cut_off(server)
        async with running(second):
            await until_done(done, "second")
            first.thawed.set()
            await asyncio.sleep(0.3)  # long enough for it to run
            assert first.lead is not None
            with pytest.raises(LeadLost):
                await first.lead.holds()

    assert {name for name, _ in done} == {"second"}


async def test_the_lead_is_lost_to_a_later_term_even_while_its_connection_answers(
    server: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Covers a proxy, or a failover, that keeps the session alive."""
    lead = Lead("work", await server.fetchval(UPSERT_TERM, "work"), server)
    await lead.holds()
    await server.fetchval(UPSERT_TERM, "work")
    with pytest.raises(LeadLost, match="term 2"):
        await lead.holds()
