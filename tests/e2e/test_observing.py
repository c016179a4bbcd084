"""Probes, metrics, the audit log and its file."""

import asyncio
import json
from pathlib import Path

import pytest

from kit.database import Database
from services.console.repositories.actions import Actions, ReceivedMessage
from services.console.repositories.erasures import Erasures
from tests.builders import a_lead_created
from tests.system import REPLICATED, System, e164, person

pytestmark = pytest.mark.connected


@pytest.mark.parametrize("name", REPLICATED)
async def test_the_probes_and_metrics_of_a_service(system: System, name: str) -> None:
    for _, port in system.replicas[name]:
        base = f"http://127.0.0.1:{port}"
        assert (await system.http.get(f"{base}/healthz")).status_code == 204
        ready = await system.http.get(f"{base}/readyz")
        assert (ready.status_code, ready.text) == (200, "database: ok, bus: ok")
        metrics = (await system.http.get(f"{base}/metrics/")).text
        assert "outbox_waiting" in metrics
        assert "outbox_oldest_seconds" in metrics
        assert "relay_connected 1.0" in metrics


async def test_the_audit_log_masks_people_and_names_the_trace(system: System) -> None:
    form = person(2)
    trace = "0af7651916cd43dd8448eb211c80319c"  # pragma: allowlist secret
    answer = await system.post(form, headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    lead = answer.json()["lead_id"]
    await system.happens(lead, "email touch.sent", "call touch.sent")

    url = f"{system.native.addresses.console}/api/actions"
    found = (await system.http.get(url, params={"lead_id": lead})).json()
    created = next(action for action in found if action["action"] == "lead.created")
    assert created["detail"]["card"]["phone"] == f"+52******{form['telefono'][-4:]}"
    assert created["detail"]["card"]["email"] == "p***@example.com"
    assert form["telefono"] not in json.dumps(found)
    traces = {
        (action["action"], action["detail"].get("channel")): action["trace"] for action in found
    }
    assert (
        traces["lead.created", None]
        == traces["touch.sent", "call"]
        == traces["touch.sent", "email"]
        == trace
    )


async def test_the_file_holds_the_same_actions_as_the_api(system: System) -> None:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "call.answered", "lead.registered", "email touch.delivered")
    await system.quiet()
    path = system.native.folder / "actions_log.json"
    from_api = (
        await system.http.get(
            f"{system.native.addresses.console}/api/actions", params={"lead_id": lead}
        )
    ).json()

    async def written() -> bool:
        return bool(
            [action for action in _everything(path) if action["lead_id"] == lead] == from_api
        )

    await system.until(written, lambda: f"the file lacks something of {lead}")
    assert e164(form) not in path.read_text()


async def test_the_asked_for_lead_only(system: System) -> None:
    url = f"{system.native.addresses.console}/api/actions"

    assert (await system.http.get(url, params={"lead_id": 1})).json() == []
    assert (await system.http.get(url, params={"after": "x"})).status_code == 422
    assert len((await system.http.get(url, params={"limit": 3})).json()) == 3


async def test_the_management_page_shows_the_queues(system: System) -> None:
    page = await system.http.get(system.native.addresses.rabbitmq)
    queues = {queue["name"] for queue in (await system.management("GET", "/queues")).json()}

    assert page.status_code == 200
    assert {
        "notify.call",
        "notify.email",
        "notify.dead",
        "crm.leads",
        "crm.dead",
        "console.events",
    } <= queues


def _everything(path: Path) -> list[dict[str, object]]:
    """Returns the actions of the file and of the rotated files, oldest first."""
    files = sorted(
        path.parent.glob("actions_log.*.json"), key=lambda older: -int(older.suffixes[0][1:])
    )
    actions: list[dict[str, object]] = []
    for file in (*files, path):
        actions += json.loads(file.read_text())
    return actions


async def test_a_reader_of_the_log_misses_nothing_however_many_write(system: System) -> None:
    database = Database(system.database_url("console", "console"), connections=10)
    await database.open()
    store = Actions(database, Erasures("secret"))
    events = [a_lead_created(lead_id=-1) for _ in range(400)]
    followed: list[str] = []
    last = await store.newest_id()

    async def write(share: int) -> None:
        for event in events[share::8]:
            await store.add([ReceivedMessage(event, event.model_dump(mode="json"), None)])

    writing = asyncio.gather(*(write(share) for share in range(8)))
    while len(followed) < len(events):
        written = writing.done()
        new = await store.actions(after=last)
        last = new[-1]["id"] if new else last
        followed += [action["event_id"] for action in new if action["lead_id"] == -1]
        if written and not new:
            break
    await writing
    await database.close()

    assert len(followed) == len(set(followed)) == len(events)
