"""The operators' pages, in a real browser, against the running system."""

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from contracts.commands.submission import AcceptSubmission
from contracts.events.touch import Channel, FailureKind, TouchFailed
from pauta.running.servers import free_ports
from services.console.authentication import hashed
from tests.browser import SIZES, a_browser, a_person, barriers
from tests.system import System, e164, person

pytestmark = pytest.mark.connected

A_FAILURE: dict[str, Any] = {
    "lead_id": 8_200_001,
    "touch_id": UUID(int=8),
    "step": "day_3",
    "channel": Channel.WHATSAPP,
}
PAGES = (
    "",
    "/stopwatch",
    "/leads",
    "/letters",
    "/submissions",
    "/addresses",
    "/journey",
    "/sources",
    "/sources/meta",
    "/imports",
)
PASSWORD = "una-contraseña-larga"  # pragma: allowlist secret
TOKEN = "a token of the operators"

expect.set_options(timeout=20_000)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as opened:
        yield opened


def url(system: System, path: str = "") -> str:
    return f"{system.native.addresses.gateway}/console{path}"


async def shown(page: Page, *texts: str) -> None:
    for text in texts:
        await expect(page.locator("main")).to_contain_text(text)


async def a_followed_lead(
    system: System, call: int = 2, message: int = 0, **changes: Any
) -> tuple[int, dict[str, Any]]:
    """Creates a lead that did not answer, and whose follow-ups are pending."""
    form = person(call, message, **changes)
    lead = await system.lead(form)
    await system.happens(lead, "lead.registered", "call.unanswered", "email touch.delivered")
    await system.planned(lead, "day_3", "day_6", "day_9", "day_12")
    return lead, form


async def test_a_lead_sent_from_the_simulator_s_page_appears_live_and_its_page_tells_its_story(
    system: System, browser: Browser
) -> None:
    async with a_person(browser) as operator, a_person(browser) as lead:
        now = await operator.open(url(system))
        phone = await lead.open(f"{system.native.addresses.gateway}/simulator")
        name = f"Nadia Prueba{free_ports(1)[0]}"
        await phone.fill("#nombre", name)
        await phone.select_option("#call-fate", "2")
        await phone.get_by_role("button", name="Enviar").first.click()

        await expect(now.get_by_role("link", name=name).first).to_be_visible()
        await now.get_by_role("link", name=name).first.click()
        await shown(
            now,
            "No contestó",
            "WhatsApp: Entregado",
            "Registrado en Kommo",
            "Día 12",
            "Guardado",
            "Marcado",
        )
        await expect(now.locator("#timeline pre").first).to_contain_text("Nadia")


async def test_a_person_answers_presses_1_replies_and_opts_out_on_the_simulator_s_page(
    system: System, browser: Browser
) -> None:
    async with a_person(browser) as lead:
        phone = await lead.open(f"{system.native.addresses.gateway}/simulator")
        name = f"Julia Prueba{free_ports(1)[0]}"
        await phone.fill("#nombre", name)
        await phone.get_by_role("button", name="Enviar").first.click()
        await phone.get_by_role("button", name="Contestar", exact=True).click()
        await phone.get_by_role("button", name="Presionar 1").click()
        await expect(phone.locator("#call")).to_be_hidden()
        await phone.locator("#dock [data-app=whatsapp]").click()
        await expect(phone.locator("#app-whatsapp")).to_contain_text("/a/")
        await phone.locator("#app-whatsapp").get_by_role("button", name="Responder BAJA").click()
        await expect(phone.locator("#app-whatsapp ol")).to_contain_text("BAJA")
    found = await system.sql("console", "select lead_id from leads where name = $1", name)
    await system.happens(
        found, "call.answered", "reply.received", "whatsapp touch.delivered", "lead.opted_out"
    )


async def test_the_figures_and_the_search_find_the_lead(system: System, browser: Browser) -> None:
    lead, form = await a_followed_lead(system, fuente="Radio Mexicali")
    async with a_person(browser) as operator:
        surname_first = " ".join(reversed(form["nombre"].split()))
        for q in (form["nombre"], surname_first, form["email"], form["telefono"][-8:], str(lead)):
            page = await operator.open(url(system, f"/leads?q={q}"))
            await expect(page.locator("#rows")).to_contain_text(form["nombre"])
        page = await operator.open(url(system, "/leads?q=nobody%25like_this"))
        await shown(page, "Ningún lead coincide con la búsqueda.")
        page = await operator.open(url(system, "/sources"))
        await shown(page, "Radio Mexicali")
        page = await operator.open(url(system, "/stopwatch"))
        await shown(page, form["nombre"], "llamadas")


async def test_the_leads_are_taken_home_as_a_table(system: System) -> None:
    lead, form = await a_followed_lead(
        system, empresa="=1+1", fuente="Radio; =SUM(A1)", utm_campaign="Otoño"
    )
    today = datetime.now(ZoneInfo("America/Mexico_City")).date()
    rows = await exported(system, f"?since={today}&until={today}&q={lead}")
    [row] = rows

    assert (row["lead_id"], row["nombre"], row["email"]) == (
        str(lead),
        form["nombre"],
        form["email"],
    )
    assert (row["empresa"], row["fuente"]) == ("'=1+1", "Radio; '=SUM(A1)")
    assert row["utm_campaign"] == "Otoño"
    assert row["llegada"].startswith(str(today))
    assert await exported(system, f"?until={today - timedelta(days=1)}&q={lead}") == []
    assert len(await exported(system, "")) == await system.sql(
        "console", "select count(*) from leads where accepted_at is not null"
    )


async def exported(system: System, query: str) -> list[dict[str, str]]:
    answer = await system.http.get(url(system, f"/leads.csv{query}"))
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_a_wait_for_kommo_is_kommo_s_and_the_pages_show_why(system: System) -> None:
    await system.inject_fault(provider="kommo", kind="status", status=429, retry_after="4")
    lead = await system.lead(person())
    await system.happens(lead, "lead.registered")
    page = url(system, f"/leads/{lead}")

    async def waits() -> str:
        text = " ".join(re.sub(r"<[^>]+>", " ", (await system.http.get(page)).text).split())
        found = re.search(r" Kommo (\+.*?) Marcado", text)
        return found[1] if found else ""

    async def shows_the_wait() -> bool:
        return "del proveedor" in await waits()

    await system.until(shows_the_wait, lambda: "the page does not show the wait")
    wait = await waits()
    kommos = re.search(r"\+([\d.]+) s del proveedor", wait)
    assert kommos is not None, wait
    assert float(kommos[1]) > 3, wait
    limited = "Kommo limita la frecuencia de las solicitudes (429)"
    assert limited in (await system.http.get(url(system))).text


async def test_a_pause_holds_the_follow_up_and_continuing_resumes_it(
    system: System, browser: Browser
) -> None:
    lead, form = await a_followed_lead(system)
    async with a_person(browser) as operator:
        page = await operator.open(url(system, f"/leads/{lead}"))
        await page.get_by_role("button", name="Pausar").click()
        await expect(page.get_by_role("button", name="Reanudar")).to_be_visible()
        await shown(page, "Seguimiento en pausa", "(demo)")
        await system.planned(lead)
        await page.get_by_role("button", name="Reanudar").click()
        await expect(page.get_by_role("button", name="Pausar")).to_be_visible()
        await system.planned(lead, "day_3", "day_6", "day_9", "day_12")
        before = len(await system.simulator("messages", e164(form)))
        await system.let_pass(lead, "day_3")

        async def written() -> bool:
            return len(await system.simulator("messages", e164(form))) == before + 1

        await system.until(written, lambda: "the follow-up did not leave")


async def test_a_skipped_step_is_not_made_and_the_next_one_is(
    system: System, browser: Browser
) -> None:
    lead, form = await a_followed_lead(system)
    before = len(await system.simulator("messages", e164(form)))
    async with a_person(browser) as operator:
        page = await operator.open(url(system, f"/leads/{lead}"))
        await page.get_by_role("button", name="Omitir: Día 3").click()
        await expect(page.get_by_role("button", name="Omitir: Día 6")).to_be_visible()
        await shown(page, "lo decidió un operador")
    await system.planned(lead, "day_6", "day_9", "day_12")
    await system.let_pass(lead, "day_6")

    async def mailed() -> bool:
        return len(await system.simulator("emails", form["email"])) == 2

    await system.until(mailed, lambda: "the next step did not leave")
    assert len(await system.simulator("messages", e164(form))) == before


async def test_a_stopped_lead_gets_nothing_more(system: System, browser: Browser) -> None:
    lead, _ = await a_followed_lead(system)
    async with a_person(browser) as operator:
        page = await operator.open(url(system, f"/leads/{lead}"))
        page.once("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="No volver a contactar").click()
        await shown(page, "Contacto detenido", "No hay más envíos programados.")
        await expect(page.get_by_role("button", name="Pausar")).to_have_count(0)
    await system.happens(lead, "lead.stop", "lead.opted_out")
    await system.planned(lead)


async def test_an_erased_person_is_nowhere_on_the_pages_or_in_the_audit_log(
    system: System, browser: Browser
) -> None:
    lead, form = await a_followed_lead(system, mensaje="Vivo en la calle Orquídea")
    async with a_person(browser) as operator:
        page = await operator.open(url(system, f"/leads/{lead}"))
        await shown(page, "Orquídea", form["email"])
        await page.get_by_text("Borrar sus datos personales").click()
        await page.fill("#sure", "1")
        await page.get_by_role("button", name="Borrar", exact=True).click()
        await shown(page, "escribe el número del lead")
        await page.get_by_text("Borrar sus datos personales").click()
        await page.fill("#sure", str(lead))
        await page.get_by_role("button", name="Borrar", exact=True).click()
        await expect(page.locator("#state")).to_contain_text("Borrado")
    await system.quiet()
    for table in ("actions", "leads"):
        count = f"select count(*) from {table} t where t::text like '%' || $1 || '%'"
        for text in (form["email"], e164(form), "Orquídea", form["nombre"]):
            assert await system.sql("console", count, text) == 0, (table, text)


async def test_a_booking_for_a_lead_that_does_not_exist_waits_on_the_page(system: System) -> None:
    seeds = {"event": "BOOKING_CREATED", "payload": {"metadata": {"lead_id": 9_123_456}}}
    answer = await system.webhook(seeds, sign=False)

    async def there() -> bool:
        page = (await system.http.get(url(system, "/letters"))).text
        return "Cal.com indicó el lead 9123456, que no existe" in page

    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    await system.until(there, lambda: "the booking is not on the page")
    assert re.search(r"[1-9]\d* reservas sin asignar", (await system.http.get(url(system))).text)


async def test_a_dead_letter_is_replayed_from_the_page(system: System, browser: Browser) -> None:
    form = person(2)
    await system.sql("crm", "alter table registrations rename to registrations_away")
    try:
        lead = await system.lead(form)
        async with a_person(browser) as operator:
            page = await operator.open(url(system, "/letters"))

            async def there() -> bool:
                await page.reload()
                leads = page.locator("#dead section", has_text="crm.leads")
                return await leads.locator(f'a[href$="/{lead}"]').count() > 0

            await system.until(there, lambda: "the letter is not on the page")
            await system.sql("crm", "alter table registrations_away rename to registrations")
            letter = page.locator(
                "section", has_text="crm.leads", has=page.locator(f'a[href$="/{lead}"]')
            )
            await letter.locator("[data-all]").check()
            await letter.get_by_role("button", name="Reintentar").click()
            await shown(page, "Se reintentan:")
    finally:
        await system.sql("crm", "alter table if exists registrations_away rename to registrations")
    await system.happens(lead, "dead_letter.replayed", "lead.registered")


async def test_everything_is_paused_and_resumed_from_the_page(
    system: System, browser: Browser
) -> None:
    async with a_person(browser) as operator:
        page = await operator.open(url(system))
        page.once("dialog", lambda dialog: dialog.accept())
        await page.fill("#reason", "simulacro")
        await page.get_by_role("button", name="Pausar todos los envíos").click()
        await expect(page.locator("#banners")).to_contain_text("Envíos en pausa")
        await expect(page.locator("#banners")).to_contain_text("simulacro")
        form = person()
        lead = await system.lead(form)
        await system.happens(lead, "call touch.held")
        assert await system.simulator("calls", e164(form)) == []
        await page.get_by_role("button", name="Reanudar los envíos").click()
        await expect(page.locator("#banners")).not_to_contain_text("Envíos en pausa")
    await system.happens(lead, "call.answered", "email touch.delivered")


@pytest.mark.parametrize(("size", "scheme"), [("wide", "light"), ("phone", "dark")])
async def test_every_page_is_for_everybody(
    system: System, browser: Browser, scheme: Any, size: str
) -> None:
    lead, _ = await a_followed_lead(system)
    pages = [
        url(system, path)
        for path in (*PAGES, f"/leads/{lead}", "/journey/email/welcome", "/journey/sms/day_3")
    ]
    async with a_person(browser, color_scheme=scheme, viewport=SIZES[size]) as operator:
        for address in [
            *pages,
            f"{system.native.addresses.gateway}/simulator",
            url(system, "?lang=en"),
        ]:
            page = await operator.open(address)
            assert await barriers(page) == [], address
            assert await page.evaluate(
                "document.documentElement.scrollWidth <= window.innerWidth"
            ), address
            await page.close()


async def test_text_that_a_lead_typed_stays_text(system: System, browser: Browser) -> None:
    attack = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    form = person(2, nombre=f"Ana {attack}", fuente=f"=cmd {attack}", empresa=attack)
    lead = await system.lead(form)
    await system.publish(AcceptSubmission(lead_id=lead, by="operadora"))  # it was held
    await system.happens(lead, "lead.registered", "call.unanswered", "email touch.delivered")
    async with a_person(browser) as operator:
        page = await operator.open(url(system, f"/leads/{lead}"))
        await shown(page, attack)
        assert await page.locator("main img").count() == 0
        page = await operator.open(url(system))
        await shown(page, attack)
        assert await page.locator("main img").count() == 0
        page = await operator.open(url(system, f"/leads?q={form['email']}"))
        await shown(page, attack)
    rows = list(
        csv.reader(io.StringIO((await system.http.get(url(system, "/sources.csv?days=1"))).text))
    )
    assert [row[0] for row in rows if "cmd" in row[0]] == [f"'=cmd {attack}"]


async def test_no_policy_lets_a_stranger_in_and_nothing_internal_is_reachable(
    system: System,
) -> None:
    answer = await system.http.get(url(system))

    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["cache-control"] == "no-store"
    for path in (
        "/../api/switch",
        "/%2e%2e/api/switch",
        "/../../api/actions",
        "/static/../settings.py",
    ):
        raw = httpx.Request("GET", url(system))
        raw.url = raw.url.copy_with(raw_path=f"/console{path}".encode())
        assert (await system.http.send(raw)).status_code in (400, 404), path


@pytest.mark.parametrize(
    "path",
    [
        "/leads?q=%C2%B2",
        "/leads?q=%00",
        "/leads?state=%00&source=%00&step=%00",
        "/leads?page=0",
        "/leads?q=%FF",
        "/leads/99999999999999999999",
        "/leads/-1",
        "/leads/ana",
        "/leads/4",
        "/stopwatch?days=0",
        "/sources?by=card",
        "/journey/fax/welcome",
        "/journey/sms/..%2F..%2Fetc",
        "/feed?after=99999999999999999999",
        "/nowhere?lang=xx",
        "/sources?by=",
    ],
)
async def test_odd_addresses_get_an_answer_a_person_can_read(system: System, path: str) -> None:
    answer = await system.http.get(url(system, path))

    assert answer.status_code in (200, 404, 422), answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "</html>" in answer.text


async def test_odd_commands_change_nothing_and_are_refused(system: System) -> None:
    async with httpx.AsyncClient() as client:
        page = await client.get(url(system))
        found = re.search(r'name="token" value="([^"]+)"', page.text)
        assert found is not None
        for path, form in (
            ("/leads/99999999999999999999/pause", {}),
            ("/leads/1/explode", {}),
            ("/leads/1/skip", {}),
            ("/touches", {"lead_id": "1", "touch_id": "none"}),
            ("/bookings/x/attach", {"lead_id": "ana"}),
            ("/letters/burn", {}),
        ):
            answer = await client.post(url(system, path), data={"token": found[1], **form})
            assert answer.status_code in (404, 422), path
            assert "No se " in answer.text, path


async def test_a_ticked_box_stays_ticked_while_the_page_refreshes(
    system: System, browser: Browser
) -> None:
    for _ in range(2):
        await system.publish(TouchFailed(**A_FAILURE, kind=FailureKind.UNREACHABLE, reason="none"))
    async with a_person(browser) as operator:
        page = await operator.open(url(system, "/letters"))
        letters = page.locator("#dead section", has_text="notify.fallback")
        boxes = letters.locator("input[name=ids]")
        await expect(boxes.nth(1)).to_be_visible()
        assert await page.locator("#dead input[name=ids]:checked").count() == 0
        await boxes.nth(1).check()
        await page.locator("h1").click()
        lead = await system.lead(person())
        await system.happens(lead, "call touch.sent")
        await page.wait_for_timeout(3000)  # time for the page to refresh
        assert [await boxes.nth(n).is_checked() for n in range(2)] == [False, True]
        await letters.locator("[data-all]").check()
        assert await letters.locator("input[name=ids]:not(:checked)").count() == 0
        page.once("dialog", lambda dialog: dialog.accept())
        await letters.get_by_role("button", name="Descartar").click()
        await shown(page, "Se descartaron: ")


async def test_the_feed_announces_new_events(system: System) -> None:
    async with system.http.stream("GET", url(system, "/feed?after=0")) as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 500"
        first = [line async for line in _until(lines, "data: ")][-1]
        await system.lead(person())
        second = [line async for line in _until(lines, "data: ")][-1]

    assert int(second.removeprefix("data: ")) > int(first.removeprefix("data: ")) > 0


async def _until(lines: AsyncIterator[str], prefix: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith(prefix):
            return


async def test_the_rebuilt_projections_are_the_same(system: System) -> None:
    await a_followed_lead(system)
    await system.quiet()
    api = f"{system.native.addresses.console}/api/projections"

    async def caught_up() -> bool:
        state = (await system.http.get(api)).json()
        return bool(state["until"] >= state["newest"])

    await system.until(caught_up, lambda: "the projections do not follow")
    before = await everything_projected(system)
    answer = await system.http.post(f"{api}/rebuild")
    assert answer.json()["rebuilt"] == 0
    # the pages still show the old rows
    assert len((await everything_projected(system))["leads"]) == len(before["leads"])

    async def rebuilt() -> bool:
        return (await system.http.get(api)).json()["rebuilt"] is None

    await system.until(rebuilt, lambda: "the projections were not rebuilt", seconds=60)

    assert await everything_projected(system) == before
    assert len(before["leads"]) > 0


async def everything_projected(system: System) -> dict[str, list[str]]:
    connection = await system.connect("console")
    try:
        return {
            table: [
                row[0]
                for row in await connection.fetch(
                    f"select t::text from (select * from {table}) t order by 1"
                )
            ]
            for table in ("leads", "providers", "bookings", "tallies where leads <> 0")
        }
    finally:
        await connection.close()


# ---- login and access


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def closed(system: System) -> AsyncIterator[str]:
    """Starts a console with users and API tokens, and returns its address."""
    ports = dict(zip(("scheduler", "console"), free_ports(2), strict=True))
    users = " ".join(
        f"{user}:{hashed(PASSWORD)}" for user in ("ana:operator", "luis:viewer", "eva:viewer")
    )
    closing = {
        "CONSOLE_USERS": users,
        "ACTIONS_LOG_PATH": str(Path("/nowhere")),
        "CONSOLE_API_TOKEN": TOKEN,
        "SCHEDULER_API_TOKEN": TOKEN[::-1],
        "SCHEDULER_URL": f"http://127.0.0.1:{ports['scheduler']}",
    }
    processes = []
    for name, port in ports.items():
        recipe = system.native.recipes()[name]
        own = type(recipe)(recipe.name, recipe.command, {**recipe.environment, **closing})
        processes.append(system.native.start_service(name, own, port, log_name=f"{name}-closed"))
        system.native.wait_for(name, port)
    yield f"http://127.0.0.1:{ports['console']}/console"
    for process in processes:  # else its scheduler would fire while a test kills the system's own
        process.kill()


def a_client(base: str, address: str = "203.0.113.1") -> httpx.AsyncClient:
    """Returns an HTTP client. `address` is the one that the gateway reports for it."""
    return httpx.AsyncClient(base_url=base, headers={"X-Forwarded-For": address}, timeout=20)


async def token(client: httpx.AsyncClient, path: str = "/login") -> str:
    found = re.search(r'name="token" value="([^"]+)"', (await client.get(path)).text)
    assert found is not None
    return found[1]


async def log_in(
    client: httpx.AsyncClient, name: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    return await client.post(
        "/login", data={"token": await token(client), "name": name, "password": password, **more}
    )


@pytest.mark.parametrize(
    "path",
    [*PAGES, "/leads/1", "/feed", "/sources.csv", "/leads.csv", "/journey/email/welcome/html"],
)
async def test_no_page_opens_without_a_login(closed: str, path: str) -> None:
    async with a_client(closed) as client:
        answer = await client.get(f"{closed}{path}")

    assert answer.status_code == 303
    assert urlsplit(answer.headers["location"]).path == "/console/login"
    assert parse_qs(urlsplit(answer.headers["location"]).query)["to"] == [f"/console{path}"]


async def test_a_login_leads_to_the_page_that_was_asked_for(closed: str, browser: Browser) -> None:
    async with a_person(browser, extra_http_headers={"X-Forwarded-For": "203.0.113.2"}) as operator:
        page = await operator.open(f"{closed}/sources")
        await page.fill("#name", "ana")
        await page.fill("#password", PASSWORD)
        await page.get_by_role("button", name="Entrar").click()
        await expect(page.locator("h1")).to_have_text("Fuentes")
        assert await barriers(page) == []
        await page.get_by_role("button", name="Salir").click()
        await expect(page.locator("h1")).to_have_text("Entrar")


async def test_the_session_s_cookie_is_for_these_pages_alone(closed: str) -> None:
    async with a_client(closed) as client:
        answer = await log_in(client, "ana")

    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/console"} <= {
        part.strip() for part in cookie.split(";")
    }


async def test_a_login_leads_to_no_other_site(closed: str) -> None:
    for elsewhere in (
        "https://evil.example",
        "//evil.example",
        "/console//evil.example",
        "/other",
        "/console/\\evil",
    ):
        async with a_client(closed) as client:
            answer = await log_in(client, "ana", to=elsewhere)
        assert answer.headers["location"] == "/console", elsewhere


async def test_a_viewer_reads_and_commands_nothing(closed: str) -> None:
    async with a_client(closed) as client:
        await log_in(client, "luis")
        page = await client.get(closed)
        refused = await client.post(
            "/switch/pause", data={"token": await token(client, "/stopwatch")}
        )
        table = await client.get("/leads.csv")

    assert page.status_code == 200
    assert "Pausar todos los envíos" not in page.text
    assert (refused.status_code, table.status_code) == (403, 403)


async def test_a_command_without_the_session_s_token_is_refused(
    system: System, closed: str
) -> None:
    async with a_client(closed) as client, a_client(closed) as other:
        await log_in(client, "ana")
        await log_in(other, "ana")
        foreign = await token(other, "/stopwatch")
        answers = [
            await client.post("/switch/pause", data=data)
            for data in ({}, {"token": ""}, {"token": "guessed"}, {"token": foreign})
        ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert (await system.http.get(f"{system.native.addresses.console}/api/switch")).json()[
        "paused"
    ] is False


async def test_a_login_without_a_token_is_refused(closed: str) -> None:
    async with a_client(closed) as client:
        answer = await client.post("/login", data={"name": "ana", "password": PASSWORD})

    assert answer.status_code == 403


async def test_a_guesser_is_locked_out_and_others_are_not(closed: str) -> None:
    async with a_client(closed, "203.0.113.7") as guesser, a_client(closed, "203.0.113.8") as ana:
        tries = [
            (await log_in(guesser, "ana", f"guess {number}")).status_code for number in range(5)
        ]
        late = await log_in(guesser, "ana")
        hers = await log_in(ana, "ana")

    assert tries == [401] * 5
    assert (late.status_code, late.headers["retry-after"]) == (429, "900")
    assert "Demasiados intentos" in late.text
    assert hers.status_code == 303


async def test_many_guesses_at_once_are_no_way_round(closed: str) -> None:
    async with a_client(closed, "203.0.113.9") as guesser:
        form = {"token": await token(guesser), "name": "luis"}
        answers = await asyncio.gather(
            *(
                guesser.post("/login", data={**form, "password": f"guess {number}"})
                for number in range(20)
            )
        )

    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 15


async def test_guesses_from_many_addresses_lock_out_only_new_visitors(closed: str) -> None:
    async def try_from(address: str, password: str) -> int:
        async with a_client(closed, address) as client:
            return (await log_in(client, "eva", password)).status_code

    assert await try_from("203.0.113.20", PASSWORD) == 303
    guesses = [await try_from(f"2001:db8:{number:x}::1", "a guess") for number in range(50)]
    new = await try_from("203.0.113.21", PASSWORD)
    known = await try_from("203.0.113.20", PASSWORD)

    assert guesses == [401] * 50
    assert (new, known) == (429, 303)


async def test_guesses_from_one_ipv6_network_are_one_visitors(closed: str) -> None:
    async def guess(number: int) -> int:
        async with a_client(closed, f"2001:db8:ffff::{number:x}") as client:
            return (await log_in(client, f"nobody-{number}", "a guess")).status_code

    assert [await guess(number) for number in range(21)] == [401] * 20 + [429]


async def test_a_command_after_the_session_ended_leads_to_the_login_and_then_to_a_page(
    closed: str,
) -> None:
    async with a_client(closed) as client:
        answer = await client.post(f"{closed}/leads/5/pause", data={"token": "old"})

    assert answer.headers["location"] == "/console/login?to=/console"


async def test_a_logout_ends_every_copy_of_the_cookie(closed: str) -> None:
    async with a_client(closed, "203.0.113.10") as ana, a_client(closed, "203.0.113.11") as thief:
        await log_in(ana, "ana")
        thief.cookies.set("pauta_console", ana.cookies["pauta_console"], path="/console")
        before = await thief.get(closed)
        await ana.post("/logout", data={"token": await token(ana, "/stopwatch")})
        after = await thief.get(closed)
        await log_in(ana, "ana")
        again = await ana.get(closed)

    assert (before.status_code, after.status_code, again.status_code) == (200, 303, 200)


async def test_the_operators_api_is_had_with_its_token_alone(system: System, closed: str) -> None:
    lead = await system.lead(person())
    await system.planned(lead, "day_3", "day_6", "day_9", "day_12")
    api = closed.replace("/console", "/api/switch")
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with a_client(closed, "203.0.113.12") as ana:
        await log_in(ana, "ana")
        page = await ana.get(f"{closed}/leads/{lead}")
        refused = [
            await system.http.get(api),
            await system.http.post(f"{api}/pause", json={"by": "evil"}),
            await system.http.get(api, headers={"Authorization": f"Bearer {TOKEN[::-1]}"}),
            await ana.get(api),  # a session of the pages gives no access to the API
        ]
        foreign = await system.http.post(
            f"{api}/pause", headers={**bearer, "Origin": "https://evil.example"}
        )
        renamed = await system.http.get(api, headers={**bearer, "Host": "evil.example"})
        read = await system.http.get(api, headers=bearer)

    assert "Día 12" in page.text  # which only the console can read from the scheduler
    assert [answer.status_code for answer in refused] == [401] * 4
    assert (foreign.status_code, renamed.status_code) == (403, 400)
    assert read.json()["paused"] is False


async def test_a_forged_session_is_none(closed: str) -> None:
    forged = json.dumps({"user": "ana"})
    async with a_client(closed) as client:
        client.cookies.set("pauta_console", forged)
        assert (await client.get(closed)).status_code == 303
