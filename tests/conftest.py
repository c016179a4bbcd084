"""One running system for all connected tests."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pauta.cli import by_docker
from tests.system import System


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    folder = tmp_path_factory.mktemp("system")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)  # PostgreSQL runs as a user of its own
    running = System(folder / "run", docker=by_docker(os.environ.get("PAUTA_ENGINE", "auto")))
    try:
        running.start()
        yield running
    finally:
        await running.http.aclose()
        running.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The races come last: they leave Kommo with minutes of work."""
    items.sort(key=lambda item: "test_races" in item.nodeid)
