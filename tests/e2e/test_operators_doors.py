"""What came in, as operators see it: held submissions, sources and files, by page and command."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from pauta.running.compose_file import PROJECT
from tests.browser import a_browser, a_person, barriers
from tests.system import System, e164, person

pytestmark = pytest.mark.connected

expect.set_options(timeout=20_000)
LINK = "www.ganga-de-hoy.example.com"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as opened:
        yield opened


def url(system: System, path: str = "") -> str:
    return f"{system.native.addresses.gateway}/console{path}"


def api(system: System, path: str) -> str:
    return f"{system.native.addresses.console}/api{path}"


async def a_held_submission(system: System) -> tuple[int, dict[str, Any]]:
    """Posts a form with a link in its name. Returns its id and the form."""
    form = person(0)
    form["nombre"] = f"{form['nombre']} {LINK}"
    submission = (await system.post(form)).json()["lead_id"]
    await system.happens(submission, "submission.held")
    return submission, form


def pauta(system: System, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line against the running console."""
    environment = os.environ | {
        "CONSOLE_PORT": str(system.native.ports["console"]),
        "PUBLIC_BASE_URL": system.native.addresses.gateway,
        "PYTHONPATH": str(PROJECT),
    }
    return subprocess.run(
        [sys.executable, "-m", "pauta", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


async def upload(page: Page, path: Path) -> None:
    await page.set_input_files("#file", path)
    await page.get_by_role("button", name="Ver qué pasaría").click()
    await expect(page.locator("#plan")).to_contain_text("Todavía no se ha importado nada.")


async def test_a_held_submission_is_accepted_on_the_page_and_goes_its_way(
    system: System, browser: Browser
) -> None:
    submission, form = await a_held_submission(system)
    other, _ = await a_held_submission(system)
    assert await system.simulator("calls", e164(form)) == []
    async with a_person(browser) as operator:
        page = await operator.open(url(system, "/submissions"))
        row = page.locator(f"#submission-{submission}")
        await expect(row).to_contain_text("un enlace o código en el nombre")
        await row.get_by_text("Tal como se envió").click()
        await expect(row).to_contain_text(form["email"])
        assert await barriers(page) == []
        await row.locator("input[name=ids]").check()
        await page.get_by_role("button", name="Aceptar").click()
        await expect(page.locator("main")).to_contain_text("Se aceptan: 1.")
        await expect(row).to_have_count(0)
        await expect(page.locator(f"#submission-{other}")).to_have_count(1)
    actions = await system.happens(
        submission, "submission.accept", "submission.accepted", "lead.created", "call touch.sent"
    )

    assert actions.count("lead.created") == 1
    assert len(await system.simulator("calls", e164(form))) == 1


async def test_a_discarded_submission_is_never_contacted(system: System) -> None:
    submission, form = await a_held_submission(system)
    listed = pauta(system, "held", "list", "--reason", "link_in_name")
    done = pauta(system, "held", "discard", str(submission))
    actions = await system.happens(submission, "submission.discarded")
    await system.quiet()
    again = pauta(system, "held", "accept", str(submission))

    assert str(submission) in listed.stdout
    assert done.returncode == 0, done.stderr
    assert again.returncode == 1
    assert "lead.created" not in actions
    assert await system.simulator("emails", form["email"]) == []


async def test_many_are_accepted_by_command(system: System) -> None:
    first, _ = await a_held_submission(system)
    second, _ = await a_held_submission(system)
    done = pauta(system, "held", "accept", str(first), str(second))

    assert done.returncode == 0, done.stderr
    for submission in (first, second):
        await system.happens(submission, "submission.accepted", "lead.created")


async def test_the_first_page_counts_what_is_held(system: System) -> None:
    await a_held_submission(system)
    page = (await system.http.get(url(system))).text

    assert "retenido" in page.split("/console/submissions")[-1].split("</li>")[0]


async def test_a_form_gets_an_address_that_brings_leads_until_it_is_revoked(
    system: System, browser: Browser
) -> None:
    async with a_person(browser) as operator:
        page = await operator.open(url(system, "/sources"))
        await page.fill("#name", "landing-prueba")
        await page.get_by_role("button", name="Agregar").click()
        await expect(page.locator("h1")).to_contain_text("landing-prueba")
        assert await barriers(page) == []
        address = await page.locator("#address").input_value()
        lead = (await system.http.post(address, json=person(2))).json()["lead_id"]
        await system.happens(lead, "lead.created")
        await page.get_by_role("link", name="Ya la copié").click()
        await expect(page.locator("#deliveries")).to_contain_text(f"#{lead}")
        assert address not in await page.content()
        assert await barriers(page) == []
        await page.get_by_role("link", name="Detalles").first.click()
        await expect(page.locator("pre")).to_contain_text("nombre")
        await expect(page.locator("#mapping")).to_contain_text("Nombre completo")
        assert await barriers(page) == []
        await page.go_back()
        page.once("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="Revocar").click()
        await expect(page.locator("main")).to_contain_text("La clave quedó revocada.")

    assert (await system.http.post(address, json=person(2))).status_code == 401


async def test_keys_are_rotated_by_command(system: System) -> None:
    added = pauta(system, "sources", "add", "landing-orden")
    rotated = pauta(system, "sources", "rotate", "landing-orden")
    taken = pauta(system, "sources", "add", "landing-orden")
    addresses = [done.stdout.split()[-1] for done in (added, rotated)]
    answers = [await system.http.post(address, json=person(2)) for address in addresses]
    [source] = [
        source
        for source in (await system.http.get(api(system, "/sources"))).json()
        if source["name"] == "landing-orden"
    ]
    revoked = pauta(system, "sources", "revoke", "landing-orden", str(source["keys"][0]["key_id"]))
    later = [await system.http.post(address, json=person(2)) for address in addresses]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert revoked.returncode == 0, revoked.stderr
    assert [answer.status_code for answer in later] == [401, 200]
    assert taken.returncode == 1
    assert "409" in taken.stderr
    assert "landing-orden" in pauta(system, "sources", "list").stdout


async def test_a_test_lead_arrives_is_seen_and_is_not_contacted(
    system: System, browser: Browser
) -> None:
    async with a_person(browser) as operator:
        page = await operator.open(url(system, "/sources/tally"))
        await page.get_by_role("button", name="Enviar una prueba").click()
        await expect(page.locator("#outcome")).to_contain_text("retenido para revisión")
        assert await barriers(page) == []
    [delivery, *_] = (await system.http.get(api(system, "/deliveries?source=tally"))).json()
    [submission] = delivery["lead_ids"]
    held = (await system.http.get(api(system, "/submissions/held?limit=500"))).json()
    reasons = {each["submission_id"]: each["reason"] for each in held["submissions"]}
    tested = pauta(system, "sources", "test", "tally")
    again = pauta(system, "sources", "replay", str(delivery["delivery_id"]))

    assert reasons[submission] == "test"
    assert "lead.created" not in await system.actions(submission)
    assert (tested.returncode, again.returncode) == (0, 0), tested.stderr + again.stderr


async def test_a_file_is_imported_on_the_page_after_seeing_what_it_brings(
    system: System, browser: Browser, tmp_path: Path
) -> None:
    ana, beto = person(0), person(0)
    file = tmp_path / "feria.csv"
    file.write_text(
        "Quién,Correo electrónico,Celular,Notas\n"
        f"{ana['nombre']},{ana['email']},{ana['telefono']},hola\n"
        f"{beto['nombre']},{beto['email']},{beto['telefono']},\n"
        "Nadie,,,\n"
    )
    async with a_person(browser) as operator:
        page = await operator.open(url(system, "/leads"))
        await page.get_by_role("link", name="Importar un archivo").click()
        await page.select_option("#journey", "none")
        await upload(page, file)
        plan = page.locator("#plan")
        await expect(plan).to_contain_text("sin teléfono ni correo utilizable")
        await page.get_by_label("Quién").select_option("name")
        await page.get_by_role("button", name="Ver qué pasaría").click()
        await expect(page.get_by_label("Quién")).to_have_value("name")
        assert await barriers(page) == []
        page.once("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="Importarlos").click()
        await expect(page.locator("h1")).to_have_text("feria.csv")
        await expect(page.locator("#progress")).to_contain_text("terminado")
        await expect(page.locator("#progress")).to_contain_text("3 de 3 renglones")
        assert await barriers(page) == []
    names = await system.sql(
        "console",
        "select array_agg(name order by name) from leads where email = any($1)",
        [ana["email"], beto["email"]],
    )
    await system.quiet()

    assert names == sorted([ana["nombre"], beto["nombre"]])
    assert await system.simulator("calls", e164(ana)) == []
    assert await system.simulator("emails", beto["email"]) == []


async def test_a_file_is_imported_by_command_once(system: System, tmp_path: Path) -> None:
    ana = person(2)
    file = tmp_path / "congreso.csv"
    file.write_text(f"nombre,email,telefono\n{ana['nombre']},{ana['email']},{ana['telefono']}\n")
    tried = pauta(system, "leads", "import", str(file), "--dry-run")
    before = await system.sql(
        "intake", "select count(*) from submissions where email = $1", ana["email"]
    )
    done = pauta(system, "leads", "import", str(file), "--yes")
    again = pauta(system, "leads", "import", str(file), "--yes")
    lead = await system.sql(
        "intake", "select lead_id from submissions where email = $1", ana["email"]
    )
    actions = await system.happens(lead, "lead.created", "email touch.delivered")

    assert (tried.returncode, before) == (0, 0), tried.stderr
    assert "telefono\tphone" in tried.stdout
    assert done.returncode == 0, done.stderr
    assert "new\t1" in done.stdout
    assert again.returncode == 0, again.stderr
    assert actions.count("lead.created") == 1
    assert "lead.updated" not in actions


@pytest.mark.parametrize(
    "path",
    [
        "/submissions?before=-1",
        "/submissions?before=99999999999999999999",
        "/sources/NADIE",
        "/sources/nadie",
        "/deliveries/99999999999999999999",
        "/deliveries/1",
        "/imports/plan",
        "/imports/99999",
    ],
)
async def test_odd_addresses_get_an_answer_a_person_can_read(system: System, path: str) -> None:
    answer = await system.http.get(url(system, path))

    assert answer.status_code in (404, 422), answer.text
    assert "</html>" in answer.text


async def test_a_file_that_is_none_is_refused_in_words(system: System) -> None:
    async with httpx.AsyncClient(timeout=20) as client:
        page = (await client.get(url(system, "/imports"))).text
        token = page.split('name="token" value="')[1].split('"')[0]
        for content in (b"", b"PK\x03\x04 a workbook", b"nombre,email\n"):
            answer = await client.post(
                url(system, "/imports/plan"),
                data={"token": token},
                files={"file": ("leads.csv", content)},
            )
            assert answer.status_code == 422, content
            assert "</html>" in answer.text
        refused = await client.post(
            url(system, "/imports"), files={"file": ("leads.csv", b"nombre,email\nx,y\n")}
        )

    assert refused.status_code == 403
