"""Files of leads: shown before, worked once, and continued after an interruption."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from contracts.commands.lead import EraseLead
from services.intake.repositories.imports import IMPORT_LINES
from services.intake.use_cases.erase_lead import erase_lead
from services.intake.use_cases.import_leads import work_imports
from tests.integration.services.intake.conftest import Intake

pytestmark = pytest.mark.connected

FILE = """Nombre;Correo;Teléfono;Giro
José Núñez;jose@example.com;8112345678;Panadería
;;;
María;no es correo;55 1234 5678;
Nadie;;;Nada
http://spam.example.com;spam@example.com;;
José Núñez;jose@example.com;8112345678;Panadería
"""


async def post(
    intake: Intake, *, text: str | bytes = FILE, dry_run: bool = False, **data: Any
) -> httpx.Response:
    body = text if isinstance(text, bytes) else text.encode()
    return await intake.http.post(
        "/imports",
        files={"file": ("clientes.csv", body)},
        data={"name": "Expo 2026", "dry_run": str(dry_run).lower(), **data},
    )


async def work(intake: Intake) -> None:
    while await work_imports(intake.deps):
        pass


async def test_a_dry_run_shows_what_would_come_of_each_line(intake: Intake) -> None:
    shown = (await post(intake, dry_run=True)).json()

    assert shown["import_id"] is None
    assert shown["mapping"] == {
        "Nombre": "name",
        "Correo": "email",
        "Teléfono": "phone",
        "Giro": "",
    }
    assert shown["total"] == 5
    assert shown["outcomes"] == {"refused": 1, "held": 1, "new": 2, "joined": 1}
    assert shown["lines"][0] == {
        "line": 5,
        "outcome": "refused",
        "name": "",
        "reason": "no usable phone and no usable email",
    }
    assert shown["lines"][1]["reason"] == "link_in_name"
    assert (await intake.http.get("/imports")).json() == []
    assert await intake.published("lead.created") == []


async def test_what_a_dry_run_shows_is_what_comes(intake: Intake) -> None:
    shown = (await post(intake, dry_run=True)).json()
    begun = (await post(intake)).json()
    await work(intake)
    done = (await intake.http.get(f"/imports/{begun['import_id']}")).json()

    assert begun["outcomes"] == {"waiting": 5}
    assert begun["done"] == 0
    assert done["done"] == done["total"] == 5
    assert done["outcomes"] == shown["outcomes"]
    created = await intake.published("lead.created")
    cards = [event["card"] for event in created]
    assert [card["name"] for card in cards] == ["José Núñez", "María"]  # type: ignore[index]
    assert [event["door"] for event in created] == ["file", "file"]
    assert cards[0]["source"] == "Expo 2026"  # type: ignore[index]
    assert cards[1]["unusable_email"] == "no es correo"  # type: ignore[index]


async def test_an_import_without_a_journey_contacts_nobody(intake: Intake) -> None:
    await post(intake, journey="none")
    await work(intake)

    assert {event["journey"] for event in await intake.published("lead.created")} == {"none"}


async def test_the_same_file_is_the_import_that_there_is(intake: Intake) -> None:
    [first, second] = [(await post(intake)).json() for _ in range(2)]
    another = (await post(intake, journey="none")).json()

    assert first["import_id"] == second["import_id"]
    assert another["import_id"] != first["import_id"]
    listed = (await intake.http.get("/imports")).json()
    assert [found["import_id"] for found in listed] == [another["import_id"], first["import_id"]]


async def test_an_interrupted_import_goes_on_and_makes_nothing_twice(intake: Intake) -> None:
    database = intake.deps.database
    begun = (await post(intake)).json()
    await work(intake)
    # the process ended after the leads were stored, and before that was recorded
    await database.fetch(
        "update import_lines set state = 'waiting', next_attempt_at = now(), fields = jsonb '"
        '{"Nombre": "José Núñez", "Correo": "jose@example.com"}'
        "' where line = 2"
    )
    await asyncio.gather(work(intake), work(intake))

    done = (await intake.http.get(f"/imports/{begun['import_id']}")).json()
    assert done["done"] == 5
    assert done["outcomes"]["repeated"] == 1
    assert len(await intake.published("lead.created")) == 2


async def test_a_mapping_of_ones_own_is_used(intake: Intake) -> None:
    mapping = json.dumps({"Giro": "empresa", "Correo": ""})
    await post(intake, mapping=mapping)
    await work(intake)

    cards = [event["card"] for event in await intake.published("lead.created")]
    assert cards[0]["company"] == "Panadería"  # type: ignore[index]
    assert cards[0]["email"] is None  # type: ignore[index]


async def test_a_line_that_cannot_be_worked_is_set_aside(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(work_imports.__globals__, "submit_form", lambda *_, **__: 1 / 0)
    text = "nombre,email\nAna,ana@example.com\n"
    begun = (await post(intake, text=text)).json()
    for _ in range(5):
        await intake.deps.database.fetch("update import_lines set next_attempt_at = now()")
        await work(intake)
    monkeypatch.undo()

    failed = (await intake.http.get(f"/imports/{begun['import_id']}")).json()
    assert failed["outcomes"] == {"failed": 1}
    [event] = await intake.published("work.failed")
    assert event["kind"] == "import_line"
    async with intake.deps.database.transaction() as connection:
        await connection.execute(IMPORT_LINES.retry, event["row_id"])
    await work(intake)
    done = (await intake.http.get(f"/imports/{begun['import_id']}")).json()
    assert done["outcomes"] == {"new": 1}


async def test_erasing_a_person_reaches_their_line(intake: Intake) -> None:
    begun = (await post(intake)).json()
    await work(intake)
    [created, _] = await intake.published("lead.created")
    await erase_lead(intake.deps.database, EraseLead(lead_id=int(str(created["lead_id"])), by="a"))
    done = (await intake.http.get(f"/imports/{begun['import_id']}")).json()

    assert {line["name"] for line in done["lines"] if line["line"] in (2, 7)} == {""}


async def test_the_fields_of_a_worked_line_are_kept_with_the_lead_only(intake: Intake) -> None:
    await post(intake)
    await work(intake)
    rows = await intake.deps.database.fetch(
        "select line from import_lines where fields is not null"
    )

    assert [row["line"] for row in rows] == [5]  # nobody was reached: somebody may want to know who


@pytest.mark.parametrize(
    ("text", "data", "problem"),
    [
        (b"PK\x03\x04xlsx", {}, "a workbook: save it as CSV"),
        ("nombre,email\n", {}, "no line below the names of the columns"),
        (FILE, {"mapping": '{"Giro": "sabor"}'}, "sabor is no field of the card: Giro"),
        (FILE, {"mapping": "["}, "the mapping is no object of texts"),
    ],
)
async def test_a_file_that_cannot_be_imported_is_refused(
    intake: Intake, text: str | bytes, data: dict[str, Any], problem: str
) -> None:
    answer = await post(intake, text=text, **data)

    assert answer.status_code == 422
    assert answer.json()["detail"] == problem


async def test_an_unknown_import_is_not_found(intake: Intake) -> None:
    assert (await intake.http.get("/imports/999")).status_code == 404
    assert (await intake.http.get(f"/imports/{10**30}")).status_code == 404
