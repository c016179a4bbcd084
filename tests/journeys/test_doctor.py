"""pauta doctor: what is well is said to be well, and each thing that is not is named, with what to do about it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType

import pytest

from kit.checks import NO_NAMES, Check, Verdict, joined
from pauta.doctor import every_check
from pauta.examining import SERVERS, checks_of
from tests.providers.wire import Wire
from tests.system import HASTY, System

pytestmark = pytest.mark.connected

OWN: Mapping[str, str] = MappingProxyType({})


async def looked_at(
    system: System, monkeypatch: pytest.MonkeyPatch, part: str, changes: Mapping[str, str] = OWN
) -> dict[str, Check]:
    """What is found where a service runs, were these its variables."""
    recipe = system.native.recipes()["setup" if part == SERVERS else part]
    for name, value in {**recipe.environment, **changes}.items():
        monkeypatch.setenv(name, value)
    return {check.about: check for check in await checks_of(part)}


async def test_of_a_system_that_is_well_nothing_is_wrong(system: System) -> None:
    variables = HASTY | {"PUBLIC_BASE_URL": system.native.addresses.gateway}
    checks = await asyncio.to_thread(every_check, system.native, variables)

    assert [check for check in checks if check.verdict is Verdict.WRONG] == []
    assert {check.about for check in checks if check.verdict is Verdict.DOUBT} <= {"Cal.com: webhook", "Dead letters"}
    assert {"PostgreSQL", "The clock", "RabbitMQ", "Kommo: account", "Twilio: account", "Cal.com: API"} <= {
        check.about for check in checks
    }
    assert len([check for check in checks if check.about.startswith(("Database", "Queue", "Public"))]) >= 20


@pytest.mark.parametrize(
    ("part", "changes", "about", "found", "advice"),
    [
        ("crm", {"KOMMO_ACCESS_TOKEN": "other"}, "Kommo: account", "401", "KOMMO_ACCESS_TOKEN"),
        ("crm", {"KOMMO_BASE_URL": "http://127.0.0.1:9"}, "Kommo: account", "no connection", "KOMMO_BASE_URL"),
        ("crm", {"KOMMO_PIPELINE_ID": "5"}, "Kommo: pipeline and both stages", "no pipeline 5", "KOMMO_PIPELINE_ID"),
        (
            *("crm", {"KOMMO_STATUS_ID_AGENDADO": "5"}, "Kommo: pipeline and both stages"),
            *("KOMMO_STATUS_ID_AGENDADO 5 not in", "KOMMO_STATUS_ID_AGENDADO"),
        ),
        ("crm", {"KOMMO_FIELD_ID_FUENTE": "5"}, "Kommo: custom fields", "KOMMO_FIELD_ID_FUENTE 5", "KOMMO_FIELD_ID"),
        ("crm", {"CALCOM_API_KEY": "other"}, "Cal.com: API", "401", "CALCOM_API_KEY"),
        (
            *("crm", {"CALCOM_WEBHOOK_SECRET": "", "ALLOW_UNSIGNED_WEBHOOKS": "false"}, "Cal.com: webhook"),
            *("every webhook is refused", "CALCOM_WEBHOOK_SECRET"),
        ),
        ("crm", {"KOMMO_PIPELINE_ID": "many"}, "Settings of crm", "pipeline_id", ".env"),
        ("crm", {"PAUTA_PROFILE": "production"}, "Settings of crm", "KOMMO_BASE_URL", ".env"),
        ("notify", {"TWILIO_AUTH_TOKEN": "other"}, "Twilio: account", "401", "TWILIO_AUTH_TOKEN"),
        ("notify", {"TWILIO_CALLER_ID": "+525500000009"}, "Twilio: TWILIO_CALLER_ID", "neither", "Verified Caller"),
        ("notify", {"TWILIO_SMS_SENDER": "+525500000001"}, "Twilio: TWILIO_SMS_SENDER", "not a number", "SMS"),
        (
            *("notify", {"TWILIO_WHATSAPP_SENDER": "+525500000000"}, "Twilio: TWILIO_WHATSAPP_SENDER"),
            *("not a WhatsApp sender", "Register"),
        ),
        (
            *("notify", {"TWILIO_CONTENT_SIDS": "welcome=HX" + "0" * 28 + "e404"}, "Twilio: template welcome"),
            *("no template", "TWILIO_CONTENT_SIDS"),
        ),
        (
            *("notify", {"TWILIO_CONTENT_SIDS": "welcome=HX" + "0" * 28 + "e4ec"}, "Twilio: template welcome"),
            *("rejected", "approved for WhatsApp"),
        ),
        ("notify", {"JOURNEY_PATH": "deploy/none.yml"}, "The journey", "No such file", "pauta journey check"),
        ("notify", {"BREVO_API_KEY": "other"}, "Brevo: key and sender", "401", "BREVO_API_KEY"),
        (
            *("notify", {"BREVO_SENDER_EMAIL": "unconfirmed@example.com"}, "Brevo: key and sender"),
            *("not confirmed", "BREVO_SENDER_EMAIL"),
        ),
        ("notify", {"BREVO_SENDER_EMAIL": "x@example.com"}, "Brevo: key and sender", "does not know", "domain"),
        (
            *(SERVERS, {"DATABASE_PORT": "9"}, "PostgreSQL"),
            *("Connect", "postgres"),
        ),
        (SERVERS, {"ADMIN_RABBITMQ_URL": "http://pauta:x@127.0.0.1:9"}, "RabbitMQ", "Connect", "rabbitmq"),
    ],
)
async def test_what_is_wrong_is_named_with_what_to_do(
    system: System,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    changes: dict[str, str],
    about: str,
    found: str,
    advice: str,
) -> None:
    check = (await looked_at(system, monkeypatch, part, changes))[about]

    assert check.verdict is Verdict.WRONG
    assert found in check.found
    assert advice in check.advice


@pytest.mark.parametrize(
    ("part", "changes", "about"),
    [
        ("crm", {"CALCOM_API_KEY": ""}, "Cal.com: API"),
        ("crm", {"KOMMO_WEBHOOK_TOKEN": ""}, "Kommo: webhook"),
        ("crm", {"KOMMO_ACCESS_TOKEN": "", "KOMMO_REFRESH_TOKEN": "sandbox-refresh"}, "Kommo: account"),
    ],
)
async def test_what_works_and_is_perhaps_not_wanted_is_doubted(
    system: System, monkeypatch: pytest.MonkeyPatch, part: str, changes: dict[str, str], about: str
) -> None:
    assert (await looked_at(system, monkeypatch, part, changes))[about].verdict is Verdict.DOUBT


async def test_a_verified_number_of_another_network_may_call(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = await looked_at(system, monkeypatch, "notify", {"TWILIO_CALLER_ID": "+525500000001"})
    assert checks["Twilio: TWILIO_CALLER_ID"].verdict is Verdict.OK


async def test_a_binding_that_was_removed(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    binding = "/bindings/%2F/e/events/q/crm.leads"
    await system.management("DELETE", f"{binding}/lead.created")
    try:
        check = (await looked_at(system, monkeypatch, SERVERS))["Queue crm.leads"]
    finally:
        await system.management("POST", binding, json={"routing_key": "lead.created"})

    assert (check.verdict, check.found) == (Verdict.WRONG, "does not hear lead.created")
    assert "pauta say-again" in check.advice


async def test_a_database_that_is_behind(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    version = await system.sql("crm", "select version_num from alembic_version")
    await system.sql("crm", "update alembic_version set version_num = '0001'")
    try:
        check = (await looked_at(system, monkeypatch, SERVERS))["Database of crm"]
    finally:
        await system.sql("crm", "update alembic_version set version_num = $1", version)

    assert check.verdict is Verdict.WRONG
    assert check.found == f"is at version 0001, and the code at {version}"


async def test_events_that_nobody_publishes(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    await system.sql(
        "console",
        """insert into outbox (event_id, topic, lead_id, body, traceparent, created_at, next_attempt_at)
           values (gen_random_uuid(), 'x', 0, '', '', now() - interval '5 minutes', now() + interval '1 hour')""",
    )
    try:
        check = (await looked_at(system, monkeypatch, SERVERS))["Database of console"]
    finally:
        await system.sql("console", "delete from outbox where topic = 'x'")

    assert check.verdict is Verdict.WRONG
    assert check.found.startswith("1 events wait to be published, the oldest for 30")


async def test_the_stop_switch_is_in_sight(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    await system.sql(
        "crm",
        """insert into switch (paused, by, reason) values (true, 'x', 'mudanza')
           on conflict (single) do update set paused = true, reason = 'mudanza'""",
    )
    try:
        check = (await looked_at(system, monkeypatch, SERVERS))["The stop switch"]
    finally:
        await system.sql("crm", "update switch set paused = false")

    assert check.verdict is Verdict.DOUBT
    assert check.found.endswith("mudanza")


async def test_a_clock_that_is_wrong(system: System) -> None:
    async with Wire() as elsewhere:
        elsewhere.answers(200, b"", {"Date": format_datetime(datetime.now(UTC) - timedelta(minutes=5))})
        variables = HASTY | {"BOOKING_URL": elsewhere.url}
        checks = await asyncio.to_thread(every_check, system.native, variables)

    [clock] = [check for check in checks if check.about == "The clock"]
    assert clock.verdict is Verdict.WRONG
    assert clock.found in {"300 seconds wrong", "301 seconds wrong"}
    assert "NTP" in clock.advice


async def test_an_address_that_leads_elsewhere(system: System) -> None:
    elsewhere = {
        "PUBLIC_BASE_URL": system.native.addresses.sandbox,
        "VOICE_WELCOME_URL": system.native.addresses.sandbox,
    }
    found = await asyncio.to_thread(every_check, system.native, HASTY | elsewhere)
    checks = {check.about: check for check in found}

    for service in ("intake", "crm", "notify"):
        assert checks[f"Public address, {service}"].verdict is Verdict.WRONG
        assert "PUBLIC_BASE_URL" in checks[f"Public address, {service}"].advice
    assert checks["VOICE_WELCOME_URL"].verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("part", "changes", "about", "advice"),
    [
        ("notify", {"TWILIO_AUTH_TOKEN": "other"}, "Twilio: account", "TWILIO_AUTH_TOKEN"),
        ("notify", {"TWILIO_BASE_URL": "http://127.0.0.1:9"}, "Twilio: account", "TWILIO_AUTH_TOKEN"),
        ("crm", {"KOMMO_ACCESS_TOKEN": "other"}, "Kommo: account", "KOMMO_ACCESS_TOKEN"),
        (SERVERS, {"DATABASE_PORT": "9"}, "PostgreSQL", "postgres"),
        (SERVERS, {"AMQP_PORT": "9"}, "Queue intake.orders", "pauta up"),
        ("notify", dict.fromkeys(("TWILIO_BASE_URL", "BREVO_BASE_URL"), "http://nowhere.invalid"), NO_NAMES, "resolv"),
        ("crm", dict.fromkeys(("KOMMO_BASE_URL", "CALCOM_API_URL"), "http://nowhere.invalid"), NO_NAMES, "resolv"),
    ],
)
async def test_one_cause_is_one_finding(
    system: System,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    changes: Mapping[str, str],
    about: str,
    advice: str,
) -> None:
    found = joined(list((await looked_at(system, monkeypatch, part, changes)).values()))
    [wrong] = [check for check in found if check.verdict is Verdict.WRONG]

    assert wrong.about == about
    assert "more checks could not be made" in wrong.found
    assert advice in wrong.advice
