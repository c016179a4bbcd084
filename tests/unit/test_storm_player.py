"""Each act of a storm reaches what it names: the simulated providers, RabbitMQ, the processes."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio

from domain.journey.settings import load_journey
from simulator.app import create_app
from simulator.settings import Settings
from simulator.world import FaultInjectionMiddleware
from tests.storm.player import FORGED, Player
from tests.storm.record import Repeat, Submission
from tests.storm.story import Act, Person, Story

ANA = Person(0, "Ana Tormenta0", "+525512340000", "ana@example.com")
BETO = Person(1, "Beto Tormenta1", "+525512340100", "beto@example.com")
LINK = f"http://localhost/cal/demo/reunion?{urlencode({'name': ANA.name, 'email': ANA.email})}"
KOMMO = {"Authorization": "Bearer old"}
VALUES = {
    "PUBLIC_BASE_URL": "http://localhost:9",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "secret",
    "BREVO_API_KEY": "key",
    "BREVO_WEBHOOK_TOKEN": "hook",
    "KOMMO_ACCESS_TOKEN": "old",
    "KOMMO_PIPELINE_ID": "7000001",
    "KOMMO_STATUS_ID_INICIAL": "60000001",
    "KOMMO_STATUS_ID_AGENDADO": "60000002",
}


class Replica:
    """A process that notes with which environment it was started."""

    def __init__(self) -> None:
        self.environment: dict[str, str] = {"KEPT": "1"}
        self.started: list[dict[str, str]] = []

    def stop(self) -> None: ...

    def start(self) -> None:
        self.started.append(self.environment)


class Outside:
    """The providers of a system without services: `commands` are what RabbitMQ was told."""

    def __init__(self, http: httpx.AsyncClient, folder: Path) -> None:
        self.http = http
        self.commands: list[tuple[str, ...]] = []
        self.replicas = {name: [(Replica(), 1), (Replica(), 2)] for name in ("crm", "scheduler")}
        self.replicas |= {name: [(Replica(), 1)] for name in ("notify", "console")}
        self.native = SimpleNamespace(
            addresses=SimpleNamespace(simulator="http://simulator"),
            folder=folder,
            wait_for=lambda *_: None,
        )

    def now(self) -> float:
        return datetime.now(UTC).timestamp()

    async def simulator(self, resource: str, to: str = "") -> Any:
        if resource == "emails":
            return [{"text": f"Agenda: {LINK}"}] if to == ANA.email else []
        return (await self.http.get(f"http://simulator/simulator/{resource}")).json()

    async def rabbitmqctl(self, *command: str) -> None:
        self.commands.append(command)


@pytest_asyncio.fixture
async def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Outside]:
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value)
    app = create_app(Settings())
    assert isinstance(app, FaultInjectionMiddleware)
    async with (
        app.inner.router.lifespan_context(app.inner),
        httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http,
    ):
        yield Outside(http, tmp_path)


@pytest.fixture
def player(outside: Outside) -> Player:
    system: Any = outside
    return Player(system, Story(1, datetime.now(UTC), (ANA, BETO), ()))


async def play(player: Player, what: str, who: Person | None = None, **how: Any) -> None:
    await player._perform(Act(0.0, what, None if who is None else who.number, how))


async def bookings(outside: Outside) -> list[dict[str, Any]]:
    return list(await outside.simulator("calcom"))


def moments(player: Player, person: Person) -> list[str]:
    return [moment.what for moment in player.record.lives[person.number].moments]


async def test_a_booking_by_another_email(player: Player, outside: Outside) -> None:
    await play(player, "books", ANA, starts_in=30, email="other@example.com")
    [booked] = await bookings(outside)

    assert booked["responses"]["email"] == "other@example.com"
    assert "other@example.com" in player._addresses()


async def test_a_guest_knows_of_the_booking(player: Player, outside: Outside) -> None:
    await play(player, "books", ANA, starts_in=30, guest=BETO.email)
    [booked] = await bookings(outside)

    assert booked["responses"]["guests"] == [BETO.email]
    assert moments(player, BETO) == ["is_a_guest"]


async def test_a_seat_is_taken_and_given_up(player: Player, outside: Outside) -> None:
    await play(player, "takes_a_seat", BETO, group="taller")
    assert moments(player, BETO) == []  # nobody had made the event yet

    await play(player, "books", ANA, starts_in=30, group="taller")
    await play(player, "takes_a_seat", BETO, group="taller")
    [booked] = await bookings(outside)
    assert list(booked["others"]) == [BETO.email]

    await play(player, "gives_up_their_seat", BETO, group="taller")
    [booked] = await bookings(outside)
    assert booked["others"] == {}
    assert moments(player, BETO) == ["takes_a_seat", "gives_up_their_seat"]


async def test_a_seat_moves(player: Player, outside: Outside) -> None:
    await play(player, "books", ANA, starts_in=30, group="taller")
    await play(player, "takes_a_seat", BETO, group="taller")
    await play(player, "moves_their_seat", BETO, group="taller", starts_in=40)
    first, moved = await bookings(outside)

    assert (first["responses"]["email"], first["status"]) == (ANA.email, "ACCEPTED")
    assert (moved["responses"]["email"], moved["rescheduled_from"]) == (BETO.email, first["uid"])


async def in_kommo(player: Player, outside: Outside, person: Person, lead: int) -> int:
    """Registers a person's lead in Kommo, and returns its contact."""
    sent = Submission(person, {"email": person.email}, 1.0, 2.0, 200, lead)
    player.record.lives[person.number].submissions.append(sent)
    email = {"field_code": "EMAIL", "values": [{"value": person.email}]}
    contact = {"name": person.name, "custom_fields_values": [email]}
    body = {"name": f"Web: {person.name} #{lead}", "_embedded": {"contacts": [contact]}}
    url = "http://simulator/api/v4/leads/complex"
    [made] = (await outside.http.post(url, json=[body], headers=KOMMO)).json()
    return int(made["contact_id"])


async def test_a_contact_is_deleted(player: Player, outside: Outside) -> None:
    await in_kommo(player, outside, ANA, 1)
    await play(player, "contact_is_deleted", ANA)
    kommo = await outside.simulator("kommo")

    assert kommo["contacts"] == []
    assert [lead["contact_id"] for lead in kommo["leads"]] == [None]
    assert moments(player, ANA) == ["contact_is_deleted"]


async def test_a_contact_is_merged_into_another(player: Player, outside: Outside) -> None:
    kept = await in_kommo(player, outside, BETO, 2)
    await in_kommo(player, outside, ANA, 1)
    await play(player, "contact_is_merged", ANA)
    kommo = await outside.simulator("kommo")

    assert [contact["id"] for contact in kommo["contacts"]] == [kept]
    assert {lead["contact_id"] for lead in kommo["leads"]} == {kept}
    assert moments(player, ANA) == ["contact_is_merged"]


async def test_the_pipeline_is_changed(player: Player, outside: Outside) -> None:
    await play(player, "pipeline_is_changed")
    url = "http://simulator/api/v4/leads/pipelines/7000001"
    pipeline = (await outside.http.get(url, headers=KOMMO)).json()
    names = {stage["id"]: stage["name"] for stage in pipeline["_embedded"]["statuses"]}

    assert (names[60_000_001], names[60_000_009]) == ("Nuevos", "Propuesta")


async def test_a_token_that_is_revoked_is_renewed_in_every_replica(
    player: Player, outside: Outside
) -> None:
    url = "http://simulator/api/v4/account"
    await play(player, "kommo_token_is_revoked")
    assert (await outside.http.get(url, headers=KOMMO)).status_code == 401

    await play(player, "kommo_token_is_renewed")
    for replica, _ in outside.replicas["crm"]:
        [environment] = replica.started
        renewed = {"Authorization": f"Bearer {environment['KOMMO_ACCESS_TOKEN']}"}
        assert environment["KEPT"] == "1"
        assert (await outside.http.get(url, headers=renewed)).status_code == 200


class Door:
    """A door that answers like this, one after another: a status and a body, or nothing at all."""

    def __init__(self, *answers: tuple[int, Any] | None) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if answer is None:
            raise httpx.ConnectError("refused")
        status, body = answer
        return httpx.Response(status, json=body)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.storm.player.BETWEEN_TRIES", 0.0)


def at_the_door(door: Door, outside: Outside) -> Player:
    """Returns a player of whose system every door is this one."""
    outside.http = httpx.AsyncClient(transport=httpx.MockTransport(door))
    outside.native.addresses = SimpleNamespace(gateway="http://gateway", console="http://console")
    system: Any = outside
    return Player(system, Story(1, datetime.now(UTC), (ANA, BETO), ()))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("person", [ANA, BETO], ids=["without a key", "under one key"])
async def test_a_form_is_sent_again_until_it_is_answered(outside: Outside, person: Person) -> None:
    door = Door(None, (503, {}), (200, {"lead_id": 7}))
    player = at_the_door(door, outside)
    await play(player, "sends_a_form", person, form={"nombre": person.name})
    [sent] = player.record.lives[person.number].submissions

    assert (sent.status, sent.lead_id, sent.tries) == (200, 7, 3)
    assert {request.headers.get("Idempotency-Key", "") for request in door.asked} == {sent.key}
    assert bool(sent.key) is (person is BETO)


@pytest.mark.usefixtures("impatient")
async def test_a_form_is_repeated_under_its_key(outside: Outside) -> None:
    door = Door((200, {"lead_id": 7}), None, (503, {}), (200, {"lead_id": 7}), (409, {}))
    player = at_the_door(door, outside)
    await play(player, "sends_a_form", BETO, form={"nombre": BETO.name})
    await play(player, "repeats_a_form", BETO, changes={})
    await play(player, "repeats_a_form", BETO, changes={"empresa": "Otra SA"})
    [sent] = player.record.lives[BETO.number].submissions

    assert sent.repeats == [Repeat(False, 200, 7), Repeat(True, 409, 0)]
    assert {request.headers["Idempotency-Key"] for request in door.asked} == {sent.key}


@pytest.mark.usefixtures("impatient")
async def test_dead_letters_are_replayed_once_the_console_answers(outside: Outside) -> None:
    door = Door(None, (503, {}), (200, [{"letter_id": "a"}]), (202, {}))
    player = at_the_door(door, outside)
    await play(player, "letters_are_replayed")

    assert door.asked[-1].url.path == "/api/dead/replay"
    assert json.loads(door.asked[-1].content)["ids"] == ["a"]


async def test_a_stranger_tries_every_door_of_a_provider(outside: Outside) -> None:
    door = Door(*[(403, {})] * len(FORGED))
    player = at_the_door(door, outside)
    await play(player, "strangers_post_webhooks")

    assert player.record.forged == [(path, 403) for path in FORGED]


async def test_a_token_is_renewed_once(player: Player, outside: Outside) -> None:
    await play(player, "kommo_token_is_revoked")
    await play(player, "kommo_token_is_renewed")
    await play(player, "kommo_token_is_renewed")

    assert len(outside.replicas["crm"][0][0].started) == 1


async def test_another_journey_is_published(player: Player, outside: Outside) -> None:
    await play(player, "journey_is_published")
    for name in ("scheduler", "notify", "console"):
        for replica, _ in outside.replicas[name]:
            [environment] = replica.started
            path = Path(environment["JOURNEY_PATH"])
            journey, _ = load_journey(Settings().model_copy(update={"journey_path": path}))
            assert journey.follow_up[-1].after == timedelta(seconds=80)


async def test_the_broker_is_full_and_has_room(player: Player, outside: Outside) -> None:
    await play(player, "broker_is_full")
    await play(player, "broker_has_room")

    assert [command[1] for command in outside.commands] == ["0", "0.6"]
