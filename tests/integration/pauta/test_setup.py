"""Setup refuses databases with the wrong leads, and passwords other than the original ones."""

import os
import subprocess
import sys

import pytest

from pauta.running.compose_file import PROJECT
from pauta.startup_errors import Obstacle
from tests.system import System

pytestmark = pytest.mark.connected


def set_up(system: System, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **system.native.recipes()["setup"].environment,
        "PATH": os.environ["PATH"],
        **variables,
    }
    command = [sys.executable, "-m", "pauta", "setup"]
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


async def test_real_accounts_never_get_the_demonstrations_people(system: System) -> None:
    refused = set_up(system, SIMULATOR_REPLICAS="0")

    assert refused.returncode == 1
    assert Obstacle.DEMONSTRATION in refused.stderr
    assert "Traceback" not in refused.stderr
    assert set_up(system).returncode == 0


async def test_the_simulator_never_gets_a_businesss_leads(system: System) -> None:
    mark = """with marked as (update installation set is_live = $1 returning 1)
              select count(*) from marked"""
    await system.sql("intake", mark, True)
    try:
        refused = set_up(system)
    finally:
        await system.sql("intake", mark, False)

    assert refused.returncode == 1
    assert Obstacle.REAL_LEADS in refused.stderr


async def test_another_password_is_explained(system: System) -> None:
    refused = set_up(system, POSTGRES_PASSWORD="another-one")

    assert refused.returncode == 1
    assert Obstacle.OTHER_ORIGIN in refused.stderr
    assert "another-one" not in refused.stderr
    assert "Traceback" not in refused.stderr


async def test_the_services_cannot_write_the_mark(system: System) -> None:
    assert not await system.sql(
        "intake", "select has_table_privilege('intake', 'installation', 'update')"
    )
    assert not await system.sql(
        "intake", "select has_table_privilege('intake', 'installation', 'select')"
    )
