"""A short selection of `make crash`: a fault of each group, and an account of every lead."""

import os
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pauta.running.engine import by_docker
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.matrix import play
from tests.chaos.story import personal_data_in
from tests.chaos.system import WiredSystem
from tests.servers import let_postgres_in

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
SEED = 1


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def wired(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WiredSystem]:
    folder = tmp_path_factory.mktemp("wired")
    let_postgres_in(folder)
    system = WiredSystem(folder / "run", docker=by_docker(os.environ.get("PAUTA_ENGINE", "auto")))
    try:
        await system.open()
        yield system
    finally:
        await system.close()


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, id=fault.name) for fault in FAULTS if fault.quick]
)
async def test_nothing_is_lost_or_doubled(wired: WiredSystem, fault: Fault) -> None:
    account, people = await play(wired, fault, random.Random(f"{SEED}/{fault.name}"))

    assert (account.lost, account.doubled, account.notes) == (0, 0, [])
    assert personal_data_in(wired.logs(), people) == []
