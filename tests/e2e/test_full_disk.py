"""A full disk: new forms are refused, an operator sees it, and it recovers with free space."""

import os
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from pauta.running.engine import by_docker
from tests.servers import InContainers, SmallDisk, let_postgres_in
from tests.system import System, everything_received, person

pytestmark = pytest.mark.connected

MEGABYTES = 250
ONCE = {"calls": 1, "whatsapp": 0, "sms": 0, "emails": 1}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def disk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SmallDisk]:
    folder = tmp_path_factory.mktemp("small")
    let_postgres_in(folder)
    small = SmallDisk(
        folder / "run", MEGABYTES, docker=by_docker(os.environ.get("PAUTA_ENGINE", "auto"))
    )
    small.start()
    try:
        yield small
    finally:
        small.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cramped(disk: SmallDisk) -> AsyncIterator[System]:
    """Starts a system whose PostgreSQL stores its data on the small disk."""
    running = System(disk.folder, docker=disk.volume is not None)
    if isinstance(running.native, InContainers):
        running.native.volume = disk.volume
    try:
        running.start()
        yield running
    finally:
        await running.http.aclose()
        running.stop()


async def send_form(system: System) -> tuple[httpx.Response, dict[str, str]]:
    """Sends a new person's form. Returns the answer and the form."""
    form = person(mensaje="a" * 20_000)
    return await system.post(form), form


async def test_a_full_disk_refuses_what_it_cannot_keep_and_forgets_nothing(
    disk: SmallDisk, cramped: System
) -> None:
    accepted = []
    first, form = await send_form(cramped)
    accepted.append((first.json()["lead_id"], form))
    disk.fill()
    refused: httpx.Response | None = None
    for _ in range(2_000):
        answer, form = await send_form(cramped)
        if answer.status_code == 503:
            refused = answer
            break
        accepted.append((answer.json()["lead_id"], form))

    assert refused is not None, "everything was accepted"
    assert refused.headers["Retry-After"]
    assert refused.json()["errors"][0]["message"]
    await cramped.until(
        lambda: operator_sees(cramped), lambda: "the console does not show that the disk is full"
    )

    disk.free()

    async def accepts() -> bool:
        if not cramped.postgres.running:
            cramped.postgres.start()  # without Docker nothing restarts it
        answer, form = await send_form(cramped)
        if answer.status_code == 200:
            accepted.append((answer.json()["lead_id"], form))
        return answer.status_code == 200

    await cramped.until(accepts, lambda: "it did not recover", seconds=60)
    for lead, _ in accepted:
        actions = await cramped.happens(lead, "email touch.delivered", "call.answered", seconds=120)
        assert not [action for action in actions if action.endswith("touch.uncertain")]
    await cramped.quiet()
    assert await everything_received(cramped, [form for _, form in accepted]) == [ONCE] * len(
        accepted
    )


async def operator_sees(system: System) -> bool:
    """Returns whether the console shows a full disk, or is itself unavailable because of it."""
    page = await system.http.get(f"{system.native.addresses.console}/console")
    return page.status_code == 503 or "disco lleno" in page.text
