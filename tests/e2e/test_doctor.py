"""pauta doctor finds nothing in a healthy system, and names each fault with advice."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest
import pytest_asyncio

from kit.health import NO_NAMES, Check, Verdict, examine, joined
from pauta.doctor.checks import Settings, probes
from pauta.doctor.inside import SERVERS, checks_of
from pauta.doctor.report import DEADLINE, FROM_INSIDE, every_check
from pauta.running.compose_file import PROJECT
from pauta.running.native import Native
from tests.system import HASTY, System, person
from tests.wire import Wire

pytestmark = pytest.mark.connected

OWN: Mapping[str, str] = MappingProxyType({})
PROVIDERS = ("TWILIO_BASE_URL", "BREVO_BASE_URL", "KOMMO_BASE_URL", "CALCOM_API_URL")
BUSY = 60.0  # seconds: a generous deadline, because the machine may be busy


class Disk(NamedTuple):
    total: int
    free: int


async def checks_by_name(
    system: System, monkeypatch: pytest.MonkeyPatch, part: str, changes: Mapping[str, str] = OWN
) -> dict[str, Check]:
    """Returns the checks of a part, run with these variables, by their English name."""
    recipe = system.native.recipes()["setup" if part == SERVERS else part]
    for name, value in {**recipe.environment, **changes}.items():
        monkeypatch.setenv(name, value)
    return {check.about.en: check for check in await checks_of(part)}


async def test_of_a_system_that_is_well_nothing_is_wrong(system: System) -> None:
    variables = HASTY | {"PUBLIC_BASE_URL": system.native.addresses.gateway}
    checks = await asyncio.to_thread(every_check, lambda: system.native, variables, BUSY)

    assert [check for check in checks if check.verdict is Verdict.WRONG] == []
    doubted = {check.about.en for check in checks if check.verdict is Verdict.DOUBT}
    assert doubted <= {"Cal.com: webhook", "Dead letters"}
    about = {check.about.en for check in checks}
    assert about >= {
        "PostgreSQL",
        "The clock",
        "RabbitMQ",
        "Kommo: account",
        "Twilio: account",
        "Cal.com: API",
        "Source: Form without a key",
        "Source: Meta (Facebook and Instagram)",
    }
    assert len([each for each in about if each.startswith(("Database", "Queues", "Public"))]) == 13


@pytest.mark.parametrize(
    ("part", "changes", "about", "found", "advice"),
    [
        ("crm", {"KOMMO_ACCESS_TOKEN": "other"}, "Kommo: account", "401", "KOMMO_ACCESS_TOKEN"),
        (
            "crm",
            {"KOMMO_BASE_URL": "http://127.0.0.1:9"},
            "Kommo: account",
            "refused",
            "KOMMO_BASE_URL",
        ),
        (
            "crm",
            {"KOMMO_PIPELINE_ID": "5"},
            "Kommo: pipeline and both stages",
            "no pipeline 5",
            "KOMMO_PIPELINE_ID",
        ),
        (
            "crm",
            {"KOMMO_STATUS_ID_AGENDADO": "5"},
            "Kommo: pipeline and both stages",
            "KOMMO_STATUS_ID_AGENDADO 5 not in",
            "KOMMO_STATUS_ID_AGENDADO",
        ),
        (
            "crm",
            {"KOMMO_FIELD_ID_FUENTE": "5"},
            "Kommo: custom fields",
            "KOMMO_FIELD_ID_FUENTE 5",
            "KOMMO_FIELD_ID",
        ),
        ("crm", {"CALCOM_API_KEY": "other"}, "Cal.com: API", "401", "CALCOM_API_KEY"),
        (
            "crm",
            {"CALCOM_WEBHOOK_SECRET": "", "ALLOW_UNSIGNED_WEBHOOKS": "false"},
            "Cal.com: webhook",
            "every webhook is refused",
            "CALCOM_WEBHOOK_SECRET",
        ),
        ("crm", {"KOMMO_PIPELINE_ID": "many"}, "Settings of crm", "pipeline_id", "pauta check"),
        (
            "crm",
            {"PAUTA_PROFILE": "production"},
            "Settings of crm",
            "KOMMO_BASE_URL",
            "pauta check",
        ),
        ("notify", {"TWILIO_AUTH_TOKEN": "other"}, "Twilio: account", "401", "TWILIO_AUTH_TOKEN"),
        (
            "notify",
            {"TWILIO_CALLER_ID": "+525500000009"},
            "Twilio: TWILIO_CALLER_ID",
            "neither",
            "Verified Caller",
        ),
        (
            "notify",
            {"TWILIO_SMS_SENDER": "+525500000001"},
            "Twilio: TWILIO_SMS_SENDER",
            "not a number",
            "SMS",
        ),
        (
            "notify",
            {"TWILIO_SMS_SENDER": "MG" + "0" * 31 + "2"},
            "Twilio: TWILIO_SMS_SENDER",
            "has no sender of SMS",
            "Messaging Service",
        ),
        (
            "notify",
            {"TWILIO_WHATSAPP_SENDER": "MG" + "0" * 31 + "9"},
            "Twilio: TWILIO_WHATSAPP_SENDER",
            "is not a Messaging Service",
            "Register",
        ),
        (
            "notify",
            {"TWILIO_WHATSAPP_SENDER": "+525500000000"},
            "Twilio: TWILIO_WHATSAPP_SENDER",
            "not a WhatsApp sender",
            "Register",
        ),
        (
            "notify",
            {"TWILIO_CONTENT_SIDS": "welcome=HX" + "0" * 28 + "e404"},
            "Twilio: template welcome",
            "no template",
            "TWILIO_CONTENT_SIDS",
        ),
        (
            "notify",
            {"TWILIO_CONTENT_SIDS": "welcome=HX" + "0" * 28 + "e4ec"},
            "Twilio: template welcome",
            "rejected",
            "approved for WhatsApp",
        ),
        (
            "notify",
            {"JOURNEY_PATH": "deploy/none.yml"},
            "The journey",
            "cannot be read",
            "pauta journey check",
        ),
        ("notify", {"BREVO_API_KEY": "other"}, "Brevo: sender", "401", "BREVO_API_KEY"),
        (
            "notify",
            {"BREVO_SENDER_EMAIL": "unconfirmed@example.com"},
            "Brevo: sender",
            "not confirmed",
            "BREVO_SENDER_EMAIL",
        ),
        (
            "notify",
            {"BREVO_SENDER_EMAIL": "x@example.com"},
            "Brevo: sender",
            "does not know",
            "domain",
        ),
        (
            SERVERS,
            {"DATABASE_PORT": "9"},
            "PostgreSQL",
            "refused",
            "postgres",
        ),
        (
            SERVERS,
            {"ADMIN_RABBITMQ_URL": "http://pauta:x@127.0.0.1:9"},
            "RabbitMQ",
            "refused",
            "rabbitmq",
        ),
    ],
)
async def test_every_fault_is_named_with_advice(
    system: System,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    changes: dict[str, str],
    about: str,
    found: str,
    advice: str,
) -> None:
    check = (await checks_by_name(system, monkeypatch, part, changes))[about]

    assert check.verdict is Verdict.WRONG
    assert found in check.found.en
    assert advice in check.advice.en


@pytest.mark.parametrize(
    ("part", "changes", "about"),
    [
        ("crm", {"CALCOM_API_KEY": ""}, "Cal.com: API"),
        ("crm", {"KOMMO_WEBHOOK_TOKEN": ""}, "Kommo: webhook"),
        (
            "crm",
            {"KOMMO_ACCESS_TOKEN": "", "KOMMO_REFRESH_TOKEN": "sandbox-refresh"},
            "Kommo: account",
        ),
    ],
)
async def test_a_working_but_doubtful_setting_is_a_warning(
    system: System, monkeypatch: pytest.MonkeyPatch, part: str, changes: dict[str, str], about: str
) -> None:
    assert (await checks_by_name(system, monkeypatch, part, changes))[
        about
    ].verdict is Verdict.DOUBT


async def test_a_verified_number_of_another_network_may_call(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = await checks_by_name(
        system, monkeypatch, "notify", {"TWILIO_CALLER_ID": "+525500000001"}
    )
    assert checks["Twilio: TWILIO_CALLER_ID"].verdict is Verdict.OK


async def test_a_binding_that_was_removed(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    binding = "/bindings/%2F/e/events/q/crm.leads"
    removed = await system.management("DELETE", f"{binding}/lead.created.%23")
    assert removed.status_code == 204
    try:
        check = (await checks_by_name(system, monkeypatch, SERVERS))["Queues of crm"]
    finally:
        await system.management("POST", binding, json={"routing_key": "lead.created.#"})

    assert (check.verdict, check.found.en) == (
        Verdict.WRONG,
        "not bound: crm.leads ← lead.created.#",
    )
    assert "pauta republish" in check.advice.en


async def test_a_database_that_is_behind(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    version = await system.sql("crm", "select version_num from alembic_version")
    await system.sql("crm", "update alembic_version set version_num = '0000'")
    try:
        check = (await checks_by_name(system, monkeypatch, SERVERS))["Database of crm"]
    finally:
        await system.sql("crm", "update alembic_version set version_num = $1", version)

    assert check.verdict is Verdict.WRONG
    assert check.found.en == f"is at version 0000, and the code at {version}"
    assert check.advice.es == "Ponla al día: `pauta up`."


async def test_events_that_nobody_publishes(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with an_event_that_waits(system):
        check = (await checks_by_name(system, monkeypatch, SERVERS))["Database of console"]

    assert check.verdict is Verdict.WRONG
    assert check.found.en.startswith("1 events wait to be published, the oldest for 30")
    assert "docker compose logs console" in check.advice.en


async def test_the_stop_switch_is_in_sight(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    await system.sql(
        "crm",
        """insert into switch (paused, by, reason) values (true, 'x', 'mudanza')
           on conflict (single) do update set paused = true, reason = 'mudanza'""",
    )
    try:
        check = (await checks_by_name(system, monkeypatch, SERVERS))["The outbound switch"]
    finally:
        await system.sql("crm", "update switch set paused = false")

    assert check.verdict is Verdict.DOUBT
    assert check.found.en.endswith("mudanza")


# ---- one cause at a time: every check, in both languages


def place(system: System, changes: Mapping[str, str] = OWN) -> Native:
    """Returns the running system as if its `.env` had these variables."""
    variables = {
        **HASTY,
        "ALLOW_UNSIGNED_WEBHOOKS": "false",
        "PROVIDER_TIMEOUT": "10",
        "KOMMO_TIMEOUT": "10",
        **changes,
    }
    return type(system.native)(system.native.folder, variables, ports=system.native.ports)


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="session")
async def visitors(system: System) -> None:
    """Sends a form from a second address, as real visitors do."""
    url = f"{system.native.addresses.gateway}/api/lead"
    answer = await system.http.post(
        url, json=person(2), headers={"X-Forwarded-For": "203.0.113.10"}
    )
    assert answer.status_code == 200


async def finding(system: System, changes: Mapping[str, str] = OWN) -> Check:
    """Returns the only finding. Dead letters that other tests left are ignored."""
    where = place(system, changes)
    checks = await asyncio.to_thread(every_check, lambda: where, changes, BUSY)
    bad = [
        check
        for check in checks
        if check.verdict is not Verdict.OK and check.about.en != "Dead letters"
    ]
    assert len(bad) == 1, bad
    return bad[0]


@asynccontextmanager
async def an_event_that_waits(system: System) -> AsyncIterator[None]:
    await system.sql(
        "console",
        """insert into outbox
             (event_id, routing_key, lead_id, body, traceparent, created_at, next_attempt_at)
           values
             (gen_random_uuid(), 'x', 0, '', '', now() - interval '5 minutes',
              now() + interval '1 hour')""",
    )
    try:
        yield
    finally:
        await system.sql("console", "delete from outbox where routing_key = 'x'")


def unknown(*variables: str) -> dict[str, str]:
    return dict.fromkeys(variables, "http://nowhere.invalid")


@pytest.mark.parametrize(
    ("changes", "about", "es", "en", "remedy"),
    [
        pytest.param(
            unknown(*PROVIDERS, "PUBLIC_BASE_URL", "BOOKING_URL"),
            NO_NAMES.en,
            "no se encuentra el servidor nowhere.invalid (DNS); por eso quedaron 21",
            "the server nowhere.invalid is not found (DNS); 21",
            "/etc/resolv.conf",
            id="no DNS",
        ),
        pytest.param(
            {"TWILIO_AUTH_TOKEN": "other"},
            "Twilio",
            "Twilio no acepta TWILIO_AUTH_TOKEN (401); por eso quedaron 11 cosas más sin revisar",
            "Twilio does not accept TWILIO_AUTH_TOKEN (401); "
            "11 more checks could not be made because of it",
            "TWILIO_AUTH_TOKEN",
            id="Twilio's token",
        ),
        pytest.param(
            {"BREVO_API_KEY": "other"},
            "Brevo: sender",
            "Brevo no acepta BREVO_API_KEY (401)",
            "Brevo does not accept BREVO_API_KEY (401)",
            "BREVO_API_KEY",
            id="Brevo's key",
        ),
        pytest.param(
            {"KOMMO_ACCESS_TOKEN": "other"},
            "Kommo",
            "Kommo no acepta KOMMO_ACCESS_TOKEN (401); por eso quedaron 2 cosas más sin revisar",
            "Kommo does not accept KOMMO_ACCESS_TOKEN (401); "
            "2 more checks could not be made because of it",
            "KOMMO_ACCESS_TOKEN",
            id="Kommo's token",
        ),
        pytest.param(
            {"CALCOM_API_KEY": "other"},
            "Cal.com: API",
            "Cal.com no acepta CALCOM_API_KEY (401)",
            "Cal.com does not accept CALCOM_API_KEY (401)",
            "CALCOM_API_KEY",
            id="Cal.com's key",
        ),
        pytest.param(
            {"TWILIO_BASE_URL": "http://127.0.0.1:9"},
            "Twilio",
            "conexión rechazada; por eso quedaron 11",
            "connection refused; 11",
            "TWILIO_BASE_URL",
            id="a provider that does not answer",
        ),
        pytest.param(
            {"BOOKING_URL": "http://127.0.0.1:9"},
            "BOOKING_URL",
            "conexión rechazada; por eso quedó otra",
            "connection refused; 1 more",
            "BOOKING_URL",
            id="no server to compare the clock with",
        ),
        pytest.param(
            {"SIMULATOR_REPLICAS": "0"},
            "Backup",
            "no hay ninguno",
            "there is none",
            "pauta backup",
            id="no backup",
        ),
    ],
)
async def test_one_cause_is_one_finding(
    system: System, changes: Mapping[str, str], about: str, es: str, en: str, remedy: str
) -> None:
    await system.sql("intake", "update installation set backed_up_at = null")

    check = await finding(system, changes)

    assert check.about.en == about
    assert check.found.es.startswith(es)
    assert check.found.en.startswith(en)
    assert remedy in check.advice.es
    assert remedy in check.advice.en


@pytest.mark.parametrize(
    ("changes", "about", "remedy"),
    [
        ({"DATABASE_PORT": "9"}, "PostgreSQL", "docker compose logs postgres"),
        (
            {"AMQP_PORT": "9", "ADMIN_RABBITMQ_URL": "http://pauta:x@127.0.0.1:9"},
            "RabbitMQ",
            "compose logs rabbitmq",
        ),
    ],
)
async def test_a_server_that_is_down_is_one_finding(
    system: System,
    monkeypatch: pytest.MonkeyPatch,
    changes: Mapping[str, str],
    about: str,
    remedy: str,
) -> None:
    async with an_event_that_waits(system):
        checks = joined([*(await checks_by_name(system, monkeypatch, SERVERS, changes)).values()])

    [check] = [check for check in checks if check.verdict is Verdict.WRONG]
    assert (check.about.en, check.found.es.partition(";")[0]) == (about, "conexión rechazada")
    assert remedy in check.advice.es


async def test_a_full_disk(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in system.native.recipes()["setup"].environment.items():
        monkeypatch.setenv(name, value)
    await system.rabbitmqctl("set_disk_free_limit", "100000GB")
    try:
        await alarmed(system, 503)
        async with probes(
            Settings(), lambda _: Disk(total=80_000_000_000, free=900_000_000)
        ) as every:
            checks = joined(await examine(every))
    finally:
        await system.rabbitmqctl("set_disk_free_limit", "50MB")
        await alarmed(system, 200)

    [check] = [check for check in checks if check.verdict is Verdict.WRONG]
    assert check.found.es == "quedan 0.9 de 80 GB; por eso quedó otra cosa sin revisar"
    assert check.found.en.startswith("0.9 of 80 GB are free; 1 more")
    assert "docker system prune" in check.advice.es


async def test_rabbitmq_short_of_memory_keeps_events_waiting(system: System) -> None:
    await system.rabbitmqctl("set_vm_memory_high_watermark", "0.00001")
    try:
        await alarmed(system, 503)
        async with an_event_that_waits(system):
            check = await finding(system)
    finally:
        await system.rabbitmqctl("set_vm_memory_high_watermark", "0.6")
        await alarmed(system, 200)

    assert check.about.en == "RabbitMQ"
    assert (
        check.found.es == "le falta memoria: no acepta eventos; por eso quedó otra cosa sin revisar"
    )
    assert check.found.en.startswith("it is short of memory: it takes no events; 1 more")
    assert check.advice.es.startswith("Dale más memoria")


async def alarmed(system: System, status: int) -> None:
    async def condition() -> bool:
        return (await system.management("GET", "/health/checks/alarms")).status_code == status

    await system.until(condition, lambda: f"RabbitMQ's alarms never answer {status}")


async def test_queues_without_consumers(system: System) -> None:
    await asyncio.to_thread(system.kill, "crm")
    try:
        check = await finding(system)
    finally:
        await asyncio.to_thread(system.restart, "crm")

    assert check.about.en == "crm"
    assert check.found.es.startswith(
        "nada consume las colas de crm: crm no está en marcha; por eso quedó otra"
    )
    assert check.found.en.startswith("nothing consumes crm's queues: crm is not running; 1 more")
    assert "docker compose logs crm" in check.advice.es


async def test_a_clock_that_is_wrong(system: System) -> None:
    async with Wire() as elsewhere:
        elsewhere.answers(
            200, b"", {"Date": format_datetime(datetime.now(UTC) - timedelta(minutes=5))}
        )
        check = await finding(system, {"BOOKING_URL": elsewhere.url})

    assert check.about.en == "The clock"
    assert 300 <= int(check.found.es.split()[0]) < 400
    assert check.found.es.endswith("segundos fuera de la hora")
    assert check.found.en.endswith("seconds wrong")
    assert "NTP" in check.advice.es


async def test_a_clock_that_cannot_be_compared_is_not_to_be_set(system: System) -> None:
    async with Wire() as elsewhere:
        elsewhere.answers(200, b"", {})
        check = await finding(system, {"BOOKING_URL": elsewhere.url})

    assert (check.about.en, check.verdict) == ("The clock", Verdict.DOUBT)
    assert check.found.en.startswith("could not be compared")
    assert "NTP" not in check.advice.en + check.advice.es


async def test_visitors_who_all_come_from_one_address(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pauta.doctor.checks.SUSPICIOUS", 2)
    await system.sql("intake", "update submissions set remote_address = ''")
    for _ in range(2):
        await system.lead(person(2))
    production = {"SIMULATOR_REPLICAS": "0"}
    same = (await checks_by_name(system, monkeypatch, SERVERS, production))["Visitors"]
    await system.http.post(
        f"{system.native.addresses.gateway}/api/lead",
        json=person(2),
        headers={"X-Forwarded-For": "203.0.113.9"},
    )
    two = (await checks_by_name(system, monkeypatch, SERVERS, production))["Visitors"]

    assert (same.verdict, two.verdict) == (Verdict.DOUBT, Verdict.OK)
    assert same.found.es == "los últimos 2 formularios llegaron de una sola dirección, 127.0.0.1"
    assert "TRUSTED_PROXIES" in same.advice.en


async def test_an_old_backup(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    await system.sql("intake", "update installation set backed_up_at = now() - interval '3 days'")
    try:
        check = await finding(system, {"SIMULATOR_REPLICAS": "0"})
        await system.sql(
            "intake", "update installation set backed_up_at = now() - interval '1 day'"
        )
        fresh = (await checks_by_name(system, monkeypatch, SERVERS, {"SIMULATOR_REPLICAS": "0"}))[
            "Backup"
        ]
    finally:
        await system.sql("intake", "update installation set backed_up_at = null")

    assert fresh.verdict is Verdict.OK
    assert (check.about.es, check.verdict) == ("Respaldo", Verdict.DOUBT)
    assert check.found.es.endswith("hace 3 días")
    assert check.found.en.endswith("3 days ago")
    assert "pauta backup" in check.advice.es


async def test_an_approved_template_with_another_text(system: System) -> None:
    configured = place(system).recipes()["notify"].environment["TWILIO_CONTENT_SIDS"].split(",")
    sids = dict(pair.split("=") for pair in configured)
    check = await finding(system, {"TWILIO_CONTENT_SIDS": f"welcome={sids['day_3']}"})

    assert (check.about.es, check.verdict) == ("Twilio: plantilla welcome", Verdict.DOUBT)
    assert "es-MX/whatsapp/welcome.txt: ahí «Soy Javier, de" in check.found.es
    assert "en Twilio «¿Pudiste agendar?" in check.found.es
    assert "es-MX/whatsapp/welcome.txt" in check.advice.en


async def test_an_address_that_leads_elsewhere(system: System) -> None:
    check = await finding(system, {"PUBLIC_BASE_URL": system.native.addresses.simulator})

    assert check.about.es == "Dirección pública"
    assert check.found.en.endswith("2 more checks could not be made because of it")
    assert "PUBLIC_BASE_URL" in check.advice.es


async def test_a_page_in_place_of_a_recording(system: System) -> None:
    check = await finding(
        system, {"VOICE_WELCOME_URL": place(system).addresses.simulator + "/cal/demo/reunion"}
    )

    assert check.about.en == "VOICE_WELCOME_URL"
    assert check.found.es.endswith("no una grabación de audio")


# ---- deadlines


async def test_a_world_that_keeps_silent_is_given_up(system: System) -> None:
    async with Wire() as silence:
        silence.hangs()
        everything = dict.fromkeys((*PROVIDERS, "PUBLIC_BASE_URL", "BOOKING_URL"), silence.url)
        where = place(system, everything)
        checks = await asyncio.to_thread(every_check, lambda: where, everything, BUSY)

    wrong = {check.about.en: check for check in checks if check.verdict is Verdict.WRONG}
    assert wrong.keys() == {
        "Kommo",
        "Cal.com: API",
        "Twilio",
        "Brevo: sender",
        "Public address",
        "BOOKING_URL",
    }
    assert all(check.found.es.startswith("no respondió en ") for check in wrong.values())


def test_a_process_that_hangs_is_a_finding_of_its_own(tmp_path: Path) -> None:
    over = threading.Event()

    class Stuck(Native):
        def inside(self, service: str, *module: str, seconds: float | None = None) -> str:
            over.wait(60)
            return ""

    began = time.monotonic()
    checks = every_check(lambda: Stuck(tmp_path, {}), {}, 2)
    took = time.monotonic() - began
    over.set()

    inside = checks[0]
    assert inside.about == FROM_INSIDE
    assert inside.found.es == "no terminó en 2 s; por eso quedaron 3 cosas más sin revisar"
    assert "docker ps" in inside.advice.en
    assert took < 5


def test_names_that_are_never_answered_keep_no_process() -> None:
    forever = "import socket, time; socket.getaddrinfo = lambda *_, **__: time.sleep(60); "
    forever += "import runpy, sys; "
    variables = json.dumps(
        dict.fromkeys(("PUBLIC_BASE_URL", "BOOKING_URL"), "http://leads.example.com")
    )
    run = f"sys.argv = ['', {variables!r}, '{time.time() + 20}']; "
    run += "runpy.run_module('pauta.doctor.outside', run_name='__main__')"

    done = subprocess.run(
        [sys.executable, "-c", forever + run],
        cwd=PROJECT,
        capture_output=True,
        timeout=40,
        check=True,
    )

    [check] = joined([Check.model_validate(check) for check in json.loads(done.stdout)])
    assert check.about == NO_NAMES


def seconds_of(command: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, cwd=PROJECT, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def test_a_docker_that_hangs_is_given_up_in_both_languages(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\nexec sleep 60\n")
    docker.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PAUTA_ENGINE": "docker",
    }
    command = [sys.executable, "-m", "pauta", "doctor"]
    start = seconds_of([sys.executable, "-m", "pauta", "--help"])
    began = time.monotonic()
    runs = [
        subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment | {"PAUTA_LANGUAGE": language},
            stdout=subprocess.PIPE,
        )
        for language in ("es-MX", "en")
    ]
    outputs = [run.communicate()[0].decode() for run in runs]

    assert time.monotonic() - began < DEADLINE + 1 + 2 * start  # both start at once
    assert [run.returncode for run in runs] == [1, 1]
    assert f"no terminó en {DEADLINE:.0f} s" in outputs[0]
    assert "1 revisiones: 1 con falla" in outputs[0]
    assert f"did not end within {DEADLINE:.0f} s" in outputs[1]
