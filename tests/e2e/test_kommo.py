"""Kommo as it is: fields of every type, contacts that are gone, refusals, moves, a new address."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from contracts.commands.failed_work import RetryWork
from kit.health import Verdict
from tests.e2e.test_doctor import checks_by_name
from tests.system import System, e164, person

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

PIPELINE = 7_000_001
INCOMING, INITIAL, BOOKED, ROBOTS = 60_000_000, 60_000_001, 60_000_002, 60_000_005
SOURCE, BUDGET = 500_103, 500_104
STAGES = "Kommo: pipeline and both stages"
SOURCES = [{"id": 31, "value": "LinkedIn"}, {"id": 32, "value": "Google"}]


async def set_up(system: System, path: str, method: str = "PUT", **body: Any) -> Any:
    url = f"{system.native.addresses.simulator}/simulator/kommo/{path}"
    answer = await system.http.request(method, url, json=body)
    answer.raise_for_status()
    return answer.json() if answer.content else None


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def account(system: System) -> AsyncIterator[None]:
    """Puts the account back in order after each test."""
    yield
    await system.clear_faults()
    await set_up(system, "account", merges_duplicates=False, hides_users=False, moved_to=None)
    await set_up(system, f"fields/{SOURCE}", type="text")
    await set_up(system, f"fields/{BUDGET}", type="text")
    for stage in (INITIAL, BOOKED):
        await set_up(system, f"pipelines/{PIPELINE}/stages/{stage}")


async def registered(system: System, form: dict[str, Any]) -> int:
    lead = await system.lead(form)
    await system.happens(lead, "lead.registered", seconds=60)
    return lead


async def notes(system: System, lead: int) -> str:
    kommo_lead = await system.sql(
        "crm", "select kommo_lead_id from registrations where lead_id = $1", lead
    )
    state = await system.simulator("kommo")
    return "\n".join(
        note["params"]["text"] for note in state["notes"] if note["entity_id"] == kommo_lead
    )


async def noted(system: System, lead: int, text: str) -> None:
    async def there() -> bool:
        return text in await notes(system, lead)

    await system.until(there, lambda: f"lead {lead} has no note with {text!r}")


async def contact(system: System, contact_id: int) -> dict[str, Any]:
    state = await system.simulator("kommo")
    [found] = [known for known in state["contacts"] if known["id"] == contact_id]
    return dict(found)


async def addresses(system: System, contact_id: int) -> list[str]:
    found: list[str] = []
    for field in (await contact(system, contact_id))["custom_fields_values"]:
        found += [value["value"] for value in field["values"]]
    return found


async def has_address(system: System, contact_id: int, address: str) -> None:
    async def there() -> bool:
        return address in await addresses(system, contact_id)

    await system.until(there, lambda: f"contact {contact_id} never got {address}")


async def failed_row(system: System, kind: str, lead: int) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []

    async def there() -> bool:
        nonlocal rows
        listed = (
            await system.http.get(f"{system.native.addresses.console}/api/dead?limit=10000")
        ).json()
        queue = f"crm.{kind}"
        rows = [row for row in listed if row["queue"] == queue and row["lead_id"] == lead]
        return bool(rows)

    await system.until(there, lambda: f"no failed {kind} of lead {lead}")
    return rows[0]


async def waits(system: System, lead: int) -> None:
    async def there() -> bool:
        state = "select state from registrations where lead_id = $1"
        return bool(await system.sql("crm", state, lead) == "waiting")

    await system.until(there, lambda: f"lead {lead} does not wait")


def values_of(kommo_lead: dict[str, Any]) -> dict[int, Any]:
    return {field["field_id"]: field["values"] for field in kommo_lead["custom_fields_values"]}


# ---- what a lead is made of


async def test_fields_are_written_as_their_types_demand(system: System) -> None:
    await set_up(system, f"fields/{SOURCE}", name="Fuente", type="select", enums=SOURCES)
    await set_up(system, f"fields/{BUDGET}", name="Presupuesto", type="numeric")
    lead = await registered(system, person(fuente="linkedin", presupuesto="$25,000.50 MXN"))

    values = values_of(await system.kommo_lead(lead))
    assert values[SOURCE] == [{"enum_id": 31}]
    assert values[BUDGET] == [{"value": "25000.50"}]


async def test_a_value_that_no_field_takes_costs_no_lead(system: System) -> None:
    await set_up(system, f"fields/{SOURCE}", name="Fuente", type="select", enums=SOURCES)
    await set_up(system, f"fields/{BUDGET}", name="Presupuesto", type="date")
    lead = await registered(system, person(fuente="Campaña nueva", presupuesto="poco"))

    assert {SOURCE, BUDGET} & set(values_of(await system.kommo_lead(lead))) == set()
    await noted(system, lead, "no está en la lista del campo «Fuente»). fuente: Campaña nueva")
    await noted(system, lead, "presupuesto: poco")


async def test_what_kommo_refuses_without_naming_it_costs_no_lead(system: System) -> None:
    lead = await registered(system, person(empresa="!Demo SA"))

    await noted(system, lead, "(Kommo no lo aceptó). empresa: !Demo SA")


async def test_one_leads_search_holds_up_no_other(system: System) -> None:
    await system.inject_fault(provider="kommo", kind="status", status=400, path="/contacts")
    leads = [await system.lead(person()) for _ in range(3)]

    for lead in leads:
        await system.happens(lead, "lead.registered", seconds=60)


# ---- contacts


async def test_a_contact_that_is_gone_is_made_again(system: System) -> None:
    first = await registered(system, person())
    gone = (await system.kommo_lead(first))["contact_id"]
    await set_up(system, f"contacts/{gone}", "DELETE")
    await system.inject_fault(provider="kommo", kind="status", status=503, times=10_000)
    second = await system.lead(person())
    await waits(system, second)
    await system.sql(
        "crm", "update registrations set person_id = $2 where lead_id = $1", second, first
    )
    await system.clear_faults()

    await system.happens(second, "lead.registered", seconds=60)
    made = (await system.kommo_lead(second))["contact_id"]
    assert made not in (None, gone)
    assert await addresses(system, made) != []


async def test_a_new_phone_reaches_the_contact_that_kommo_had(system: System) -> None:
    form = person()
    old = {"value": "81 1111 2222", "enum_code": "MOB"}
    email = {"field_code": "EMAIL", "values": [{"value": form["email"], "enum_code": "WORK"}]}
    fields = [{"field_code": "PHONE", "values": [old]}, email]
    body = {"name": "Conocida", "custom_fields_values": fields}
    known = (await set_up(system, "contacts", "POST", **body))["id"]
    lead = await registered(system, form)

    await has_address(system, known, e164(form))
    assert (await system.kommo_lead(lead))["contact_id"] == known
    assert sorted(await addresses(system, known)) == sorted(
        ["81 1111 2222", e164(form), form["email"]]
    )
    await noted(system, lead, f"Teléfono: {e164(form)}")


async def test_what_a_later_form_adds_reaches_the_contact(system: System) -> None:
    form = person()
    lead = await registered(system, form)
    await system.lead(form | {"email": f"otra-{form['email']}"})
    await system.happens(lead, "lead.updated")

    await has_address(
        system, (await system.kommo_lead(lead))["contact_id"], f"otra-{form['email']}"
    )


async def test_a_contact_that_was_deleted_is_made_again_for_a_later_form(system: System) -> None:
    form = person()
    lead = await registered(system, form)
    await set_up(system, f"contacts/{(await system.kommo_lead(lead))['contact_id']}", "DELETE")
    await system.lead(form | {"email": f"otra-{form['email']}"})

    async def linked() -> bool:
        return (await system.kommo_lead(lead))["contact_id"] is not None

    await system.until(linked, lambda: "the lead stays without a contact")
    made = (await system.kommo_lead(lead))["contact_id"]
    await has_address(system, made, f"otra-{form['email']}")


# ---- refusals


async def test_a_refused_lead_has_a_reason_and_is_tried_again(system: System) -> None:
    await set_up(system, f"pipelines/{PIPELINE}/stages/{INITIAL}?incoming=true")
    lead = await system.lead(person())
    await system.happens(lead, "lead.registration_failed")
    row = await failed_row(system, "kommo lead", lead)
    assert "KOMMO_STATUS_ID_INICIAL" in row["error"]
    assert "NotSupportedChoice status_id" in row["error"]

    await set_up(system, f"pipelines/{PIPELINE}/stages/{INITIAL}")
    await system.publish(
        RetryWork(lead_id=lead, service="crm", kind="kommo lead", row_id=lead, by="ana")
    )
    await system.happens(lead, "lead.registered")


async def test_with_other_settings_a_refused_lead_is_tried_again_by_itself(
    system: System,
) -> None:
    await set_up(system, f"pipelines/{PIPELINE}/stages/{INITIAL}?incoming=true")
    lead = await system.lead(person())
    await failed_row(system, "kommo lead", lead)
    await set_up(system, f"pipelines/{PIPELINE}/stages/{INITIAL}")
    await system.sql(
        "crm", "update registrations set refused_with = 'others' where lead_id = $1", lead
    )
    system.kill("crm")
    system.restart("crm")

    await system.happens(lead, "lead.registered", "work.retried", seconds=60)


async def test_a_refused_move_is_seen_and_tried_again(system: System) -> None:
    form = person()
    lead = await registered(system, form)
    await system.happens(lead, "email touch.delivered")
    await set_up(system, f"pipelines/{PIPELINE}/stages/{BOOKED}?incoming=true")
    await system.book(form)
    row = await failed_row(system, "kommo move", lead)
    assert "Kommo no dejó mover el lead" in row["error"]

    await set_up(system, f"pipelines/{PIPELINE}/stages/{BOOKED}")
    await system.publish(
        RetryWork(lead_id=lead, service="crm", kind="kommo move", row_id=lead, by="ana")
    )
    await system.in_stage(lead, BOOKED)


# ---- whose move it was


@pytest.mark.parametrize(
    ("status_id", "by", "closed"),
    [
        pytest.param(60_000_003, 0, True, id="a person, told as user 0"),
        pytest.param(ROBOTS, 0, False, id="a robot"),
        pytest.param(ROBOTS, None, False, id="nobody named: Kommo says a robot"),
        pytest.param(ROBOTS, 9_000_001, True, id="a person, to where robots move"),
    ],
)
async def test_whose_move_it_was(
    system: System, status_id: int, by: int | None, closed: bool
) -> None:
    lead = await registered(system, person())
    kommo_lead = (await system.kommo_lead(lead))["id"]
    await set_up(system, f"{kommo_lead}/move", "POST", status_id=status_id, by=by)

    if closed:
        await system.happens(lead, "lead.closed")
        return
    asked = "select count(*) from registrations where lead_id = $1 and ask_at is not null"

    async def settled() -> bool:
        return bool(await system.sql("crm", asked, lead) == 0)

    await system.until(settled, lambda: "Kommo was not asked")
    await system.quiet()
    assert "lead.closed" not in await system.actions(lead)


async def test_our_own_return_to_a_robots_stage_closes_nothing(system: System) -> None:
    form = person()
    lead = await registered(system, form)
    await system.happens(lead, "email touch.delivered")
    kommo_lead = (await system.kommo_lead(lead))["id"]
    await set_up(system, "account", hides_users=False)
    await set_up(system, f"{kommo_lead}/move", "POST", status_id=ROBOTS, by=0)
    uid = await system.book(form)
    await system.in_stage(lead, BOOKED)
    await system.calendar(f"{uid}/cancel")
    await system.in_stage(lead, ROBOTS)
    await system.quiet()

    assert "lead.closed" not in await system.actions(lead)


async def test_a_lead_comes_back_from_another_pipeline_and_returns_to_it(system: System) -> None:
    other, elsewhere = 7_000_002, 60_000_021
    form = person()
    lead = await registered(system, form)
    await system.happens(lead, "email touch.delivered")
    await set_up(system, f"pipelines/{other}/stages/{elsewhere}")
    kommo_lead = (await system.kommo_lead(lead))["id"]
    await set_up(system, f"{kommo_lead}/move", "POST", status_id=elsewhere, pipeline_id=other, by=0)
    uid = await system.book(form)
    await system.in_stage(lead, BOOKED)
    assert (await system.kommo_lead(lead))["pipeline_id"] == PIPELINE
    await system.calendar(f"{uid}/cancel")

    await system.in_stage(lead, elsewhere)
    assert (await system.kommo_lead(lead))["pipeline_id"] == other


@pytest.fixture
def updates_duplicates(system: System) -> Iterator[None]:
    """Replaces crm by one that updates the open lead of a contact that Kommo knows."""
    system.kill("crm")
    recipe = system.native.recipes()["crm"]
    own = type(recipe)(
        recipe.name, recipe.command, {**recipe.environment, "KOMMO_DUPLICATES": "update"}
    )
    port = system.native.ports["crm"]
    process = system.native.start_service("crm", own, port, log_name="crm-updates")
    system.native.wait_for("crm", port)
    yield
    process.kill()
    system.restart("crm")


@pytest.mark.usefixtures("updates_duplicates")
async def test_the_open_lead_of_a_known_contact_is_updated(system: System) -> None:
    form = person(fuente="Google")
    email = {"field_code": "EMAIL", "values": [{"value": form["email"], "enum_code": "WORK"}]}
    body = {"name": form["nombre"], "custom_fields_values": [email]}
    known = (await set_up(system, "contacts", "POST", **body))["id"]
    deal = await an_open_lead_of(system, known)
    lead = await registered(system, form)

    shared = "select kommo_lead_id from registrations where lead_id = $1"
    assert await system.sql("crm", shared, lead) == deal
    assert not [
        found for found in (await system.simulator("kommo"))["leads"] if f"#{lead}" in found["name"]
    ]
    await noted(system, lead, "Google")


async def an_open_lead_of(system: System, contact_id: int) -> int:
    environment = system.native.recipes()["crm"].environment
    place = {"pipeline_id": PIPELINE, "status_id": INITIAL}
    answer = await system.http.post(
        f"{environment['KOMMO_BASE_URL']}/api/v4/leads",
        json=[{"name": "Trato", **place, "_embedded": {"contacts": [{"id": contact_id}]}}],
        headers={"Authorization": f"Bearer {environment['KOMMO_ACCESS_TOKEN']}"},
    )
    answer.raise_for_status()
    return int(answer.json()["_embedded"]["leads"][0]["id"])


async def test_leads_that_share_a_deal_are_closed_together(system: System) -> None:
    mother = person()
    first = await registered(system, mother)
    await set_up(system, "account", merges_duplicates=True)
    second = await registered(system, person(telefono=mother["telefono"]))
    shared = "select kommo_lead_id from registrations where lead_id = $1"
    deal = await system.sql("crm", shared, first)
    assert await system.sql("crm", shared, second) == deal

    await set_up(system, f"{deal}/move", "POST", status_id=142)
    for lead in (first, second):
        await system.happens(lead, "lead.closed")


# ---- the account


async def test_a_renamed_account_refuses_nobody_and_reads_go_on(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up(system, "account", moved_to=system.native.addresses.simulator)
    lead = await system.lead(person())
    await system.until(
        lambda: _was_refused(system, 301), lambda: "no write was answered with a redirect"
    )
    await waits(system, lead)
    checks = await checks_by_name(system, monkeypatch, "crm")
    assert checks["Kommo: account"].verdict is Verdict.DOUBT
    assert "KOMMO_BASE_URL=" in checks["Kommo: account"].found.en

    await set_up(system, "account", moved_to=None)
    await system.happens(lead, "lead.registered", seconds=90)


@pytest.mark.parametrize("status", [301, 402, 403, 404])
async def test_an_account_at_fault_refuses_nobody(system: System, status: int) -> None:
    await system.inject_fault(provider="kommo", kind="status", status=status, times=10_000)
    leads = [await system.lead(person()) for _ in range(2)]
    await system.until(lambda: _was_refused(system, status), lambda: "Kommo was not asked")
    for lead in leads:
        await waits(system, lead)
    await system.clear_faults()

    for lead in leads:
        await system.happens(lead, "lead.registered", seconds=120)
        assert "lead.registration_failed" not in await system.actions(lead)


async def _was_refused(system: System, status: int) -> bool:
    url = f"{system.native.addresses.simulator}/simulator/requests"
    seen = (await system.http.get(url, params={"provider": "kommo"})).json()
    return any(request["status"] == status for request in seen[-20:])


async def test_the_doctor_names_the_right_first_stage(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"KOMMO_STATUS_ID_INICIAL": str(INCOMING)}
    found: list[str] = []

    async def named() -> bool:  # until Kommo, which crm asks too, does not limit the rate
        stages = (await checks_by_name(system, monkeypatch, "crm", changes))[STAGES]
        found.append(f"{stages.verdict}: {stages.found.en} {stages.advice.en}")
        return "takes no leads" in stages.found.en

    await system.until(named, lambda: f"the doctor found {found}")
    assert Verdict.WRONG in found[-1]
    assert f"({INITIAL})" in found[-1]
    assert "Incoming leads" in found[-1]


@pytest.mark.parametrize(
    ("days", "verdict"),
    [(400, Verdict.OK), (10, Verdict.DOUBT), (-1, Verdict.WRONG)],
)
async def test_the_doctor_knows_when_the_token_ends(
    system: System, monkeypatch: pytest.MonkeyPatch, days: int, verdict: Verdict
) -> None:
    ends_at = datetime.now(UTC) + timedelta(days=days)
    claims = json.dumps({"exp": int(ends_at.timestamp())}).encode()
    payload = base64.urlsafe_b64encode(claims).decode().rstrip("=")
    changes = {"KOMMO_ACCESS_TOKEN": f"e30.{payload}.x"}
    checks = await checks_by_name(system, monkeypatch, "crm", changes)

    assert checks["Kommo: the token's term"].verdict is verdict
