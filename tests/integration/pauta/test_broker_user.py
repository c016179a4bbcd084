"""RabbitMQ's administrator logs in with any password, and with a changed one after a restart."""

import json
import string
from pathlib import Path

import httpx
import pytest

from pauta.broker_user import write_broker_user
from pauta.running.servers import RabbitMQ, free_ports, install_missing

pytestmark = pytest.mark.connected
PRINTABLE = string.ascii_letters + string.digits + string.punctuation + "a b"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    install_missing()
    return tmp_path_factory.mktemp("broker")


@pytest.mark.parametrize("password", [PRINTABLE, "changed"])
def test_the_administrator_logs_in(folder: Path, password: str) -> None:
    port, management = free_ports(2)
    node = RabbitMQ(folder, port, management, password)
    node.start()
    try:
        node.wait()
        answer = httpx.get(
            f"http://127.0.0.1:{management}/api/overview", auth=("pauta", password), timeout=20
        )
        other = httpx.get(
            f"http://127.0.0.1:{management}/api/overview", auth=("pauta", "another"), timeout=20
        )
    finally:
        node.stop()

    assert (answer.status_code, other.status_code) == (200, 401)


def test_the_file_holds_no_password(tmp_path: Path) -> None:
    file = tmp_path / "definitions.json"
    write_broker_user(file, "hidden-password")

    assert "hidden" not in file.read_text()
    assert json.loads(file.read_text())["users"][0]["name"] == "pauta"
