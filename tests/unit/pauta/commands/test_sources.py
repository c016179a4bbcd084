"""The state of a source, and the address of a new form."""

from typing import Any

import pytest
from typer.testing import CliRunner

from pauta.cli import app
from pauta.commands import sources
from pauta.commands.sources import state_of

META: dict[str, Any] = {
    "name": "meta",
    "path": "/webhooks/meta",
    "configured": True,
    "keys": [],
    "last_delivery_at": "2026-03-02T16:00:00Z",
    "deliveries": 4,
    "refused": 1,
    "held": 0,
    "silent": False,
    "problem": "",
}


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "ok"),
        ({"last_delivery_at": None}, "ready"),
        ({"silent": True}, "silent"),
        ({"configured": False, "silent": True}, "not connected"),
        (
            {"problem": "the token is no longer valid", "silent": True},
            "the token is no longer valid",
        ),
    ],
)
def test_a_source_has_one_state(changes: dict[str, Any], state: str) -> None:
    assert state_of(META | changes) == state


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({"PUBLIC_BASE_URL": "https://leads.ejemplo.mx/"}, "https://leads.ejemplo.mx/api/lead/k"),
        ({"GATEWAY_PORT": "5080"}, "http://localhost:5080/api/lead/k"),
    ],
)
def test_a_new_form_s_address_is_printed_with_its_key(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], address: str
) -> None:
    asked: list[tuple[str, str, Any]] = []

    def ask_console(method: str, path: str, **content: Any) -> Any:
        asked.append((method, path, content["json"]["name"]))
        return {"name": "landing", "key": "k", "path": "/api/lead/k"}

    monkeypatch.setattr(sources, "ask_console", ask_console)
    monkeypatch.setattr(sources, "variables", lambda: variables)
    result = CliRunner().invoke(app, ["sources", "add", "landing"])

    assert asked == [("POST", "/api/sources", "landing")]
    assert address in result.output.splitlines()


def test_the_list_names_state_address_and_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    landing = META | {
        "name": "landing",
        "path": "/api/lead/…",
        "keys": [{"key_id": 3, "hint": "hJ2p8s", "created_at": "2026-03-02T16:00:00Z"}],
    }
    monkeypatch.setattr(sources, "ask_console", lambda *_: [META, landing])
    monkeypatch.setattr(sources, "variables", lambda: {"PUBLIC_BASE_URL": "https://l.mx"})
    result = CliRunner().invoke(app, ["sources", "list"])

    assert "meta\tok\t2026-03-02T16:00:00Z\thttps://l.mx/webhooks/meta" in result.output
    assert "3: hJ2p8s…" in result.output
