"""Answers to a form: a page for a browser, JSON for a program, and the limit per address."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from contracts.events.submission import HoldReason
from pauta.running.compose_file import read_recipes
from services.intake.app import create_app
from services.intake.decisions.persons import NewLead, Replay, Verdict
from services.intake.use_cases.accept_submissions import Received

ANA = {"nombre": "Ana", "email": "ana@example.com"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "es-MX,es"}
FORM = "https://www.ejemplo.mx/contacto?a=1&b=2"


class Acceptor:
    async def accept(self, received: Received) -> Verdict:
        return Replay(1) if received.submission.key else NewLead(1, 1)


@asynccontextmanager
async def intake(**settings: str) -> AsyncIterator[httpx.AsyncClient]:
    with patch.dict(os.environ, read_recipes(settings)["intake"].environment):
        app = create_app(accept=Acceptor().accept)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake")
    async with app.router.lifespan_context(app), client:
        yield client


async def post(*, headers: dict[str, str], redirect: str = "", **body: Any) -> httpx.Response:
    async with intake(FORM_REDIRECT_URL=redirect) as client:
        return await client.post("/api/lead", headers=headers, **body)


@pytest.mark.parametrize(
    ("language", "thanks"),
    [
        ("es-MX,es", "Gracias, recibimos tus datos."),
        ("en-US,en", "Thank you, we received your data."),
    ],
)
async def test_a_browser_with_no_page_to_go_on_to_is_thanked(language: str, thanks: str) -> None:
    answer = await post(data=ANA, headers=BROWSER | {"Accept-Language": language})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f"<h1>{thanks}</h1>" in answer.text
    assert f'<html lang="{language[:2]}">' in answer.text


async def test_a_form_sent_again_is_thanked_again() -> None:
    answer = await post(data=ANA, headers=BROWSER | {"Idempotency-Key": "again"})

    assert "Gracias" in answer.text
    assert answer.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param({"data": ANA}, {}, id="a program's form"),
        pytest.param(
            {"data": ANA}, {"Accept": "*/*", "Sec-Fetch-Mode": "cors"}, id="a script's form"
        ),
        pytest.param({"data": ANA}, {"Accept": "application/json"}, id="a form that asks for JSON"),
        pytest.param({"json": ANA}, BROWSER, id="JSON"),
    ],
)
async def test_a_program_gets_json(body: dict[str, Any], headers: dict[str, str]) -> None:
    answer = await post(**body, headers=headers)

    assert (answer.status_code, answer.json()) == (200, {"ok": True, "lead_id": 1})


async def test_a_page_to_go_on_to_comes_first() -> None:
    answer = await post(data=ANA, headers=BROWSER, redirect="https://www.ejemplo.mx/gracias")

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "https://www.ejemplo.mx/gracias",
    )


async def test_a_form_with_mistakes_names_them_and_links_to_the_form() -> None:
    answer = await post(
        data={"telefono": "12", "email": "<b>"}, headers=BROWSER | {"Referer": FORM}
    )

    assert answer.status_code == 422
    assert "<b>email</b>: El correo no parece válido." in answer.text
    assert "<b>telefono</b>: El teléfono no parece válido." in answer.text
    assert (
        '<a href="https://www.ejemplo.mx/contacto?a=1&amp;b=2">Volver al formulario.</a>'
        in answer.text
    )


@pytest.mark.parametrize("referer", ["", "javascript:alert(1)", "data:text/html,x"])
async def test_without_a_page_to_return_to_there_is_no_link(referer: str) -> None:
    answer = await post(data={"nombre": ""}, headers=BROWSER | {"Referer": referer})

    assert "Volver al formulario." in answer.text
    assert "<a" not in answer.text


async def test_an_error_that_is_not_the_visitor_s_is_not_called_a_mistake() -> None:
    async with intake(LEAD_RATE_LIMIT="1/hour") as client:
        answers = [await client.post("/api/lead", data=ANA, headers=BROWSER) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [*[200] * 10, 429]
    assert "<h1>No pudimos recibir tus datos</h1>" in answers[10].text


class VisitorRecorder:
    def __init__(self) -> None:
        self.visitors: list[str | None] = []

    async def accept(self, received: Received) -> Verdict:
        self.visitors.append(received.submission.card.visitor)
        return NewLead(1, 1)


async def test_one_address_is_limited_with_a_retry_after_and_another_is_not() -> None:
    with patch.dict(os.environ, read_recipes({"LEAD_RATE_LIMIT": "3/hour"})["intake"].environment):
        app = create_app(accept=VisitorRecorder().accept)
    form = {"nombre": "Ana", "email": "ana@example.com"}
    async with app.router.lifespan_context(app):
        answers = {}
        for address in ("192.0.2.1", "192.0.2.2"):
            transport = httpx.ASGITransport(app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
                answers[address] = [await client.post("/api/lead", json=form) for _ in range(31)]

    for responses in answers.values():
        assert [answer.status_code for answer in responses] == [*[200] * 30, 429]
        assert responses[30].headers["retry-after"] == "60"
        assert responses[30].json()["errors"][0]["message"].startswith("Recibimos demasiados")


async def test_a_form_identifies_its_visitor_without_storing_the_address() -> None:
    recorder = VisitorRecorder()
    with patch.dict(os.environ, read_recipes({})["intake"].environment):
        app = create_app(accept=recorder.accept)
    addresses = ("9.9.9.9", "9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9", "172.18.0.1")
    async with app.router.lifespan_context(app):
        for address in addresses:
            transport = httpx.ASGITransport(app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
                await client.post("/api/lead", json={"nombre": "Ana", "email": "ana@example.com"})

    first, same, other, six, of_its_network, behind_a_proxy = recorder.visitors
    assert first == same
    assert six == of_its_network
    assert len({first, other, six}) == 3
    assert behind_a_proxy is None
    assert not any(address in str(recorder.visitors) for address in addresses)


class Recorder:
    """Accepts everything, and knows one source's key."""

    def __init__(self) -> None:
        self.received: list[Received] = []

    async def accept(self, received: Received) -> Verdict:
        self.received.append(received)
        return NewLead(len(self.received), 1)

    async def source_of(self, key: str) -> str | None:
        return "landing-verano" if key == KEY else None

    @property
    def held(self) -> list[str | None]:
        return [received.submission.held for received in self.received]


KEY = "k3y-of-a-source"


@asynccontextmanager
async def doors(
    recorder: Recorder, *, remote: str = "9.9.9.9", **settings: str
) -> AsyncIterator[httpx.AsyncClient]:
    with patch.dict(os.environ, read_recipes(settings)["intake"].environment):
        app = create_app(accept=recorder.accept, source_of=recorder.source_of)
    transport = httpx.ASGITransport(app, client=(remote, 1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://intake") as client,
    ):
        yield client


async def test_above_its_limit_a_visitor_is_held_and_answered_like_any_other() -> None:
    recorder = Recorder()
    async with doors(recorder, LEAD_RATE_LIMIT="2/hour") as client:
        answers = [await client.post("/api/lead", json=ANA | {"n": n}) for n in range(25)]

    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 5
    assert {tuple(answer.json()) for answer in answers[:20]} == {("ok", "lead_id")}
    assert recorder.held == [None] * 2 + [HoldReason.OVER_LIMIT] * 18


async def test_a_source_with_a_key_is_never_refused_and_held_above_a_limit_of_its_own() -> None:
    recorder = Recorder()
    limits = {"LEAD_RATE_LIMIT": "1/hour", "SOURCE_RATE_LIMIT": "3/hour"}
    async with doors(recorder, **limits) as client:
        answers = [await client.post(f"/api/lead/{KEY}", json=ANA | {"n": n}) for n in range(40)]

    assert {answer.status_code for answer in answers} == {200}
    assert recorder.held == [None] * 3 + [HoldReason.OVER_LIMIT] * 37


@pytest.mark.parametrize(
    ("path", "headers", "source"),
    [
        ("/api/lead", {}, "form"),
        ("/api/lead/", {}, "form"),
        (f"/api/lead/{KEY}", {}, "landing-verano"),
        (f"/api/lead/{KEY}/", {}, "landing-verano"),
        ("/api/lead", {"X-Source-Key": KEY}, "landing-verano"),
    ],
)
async def test_whose_form_it_is(path: str, headers: dict[str, str], source: str) -> None:
    recorder = Recorder()
    async with doors(recorder) as client:
        answer = await client.post(path, json=ANA, headers=headers)
    [received] = recorder.received

    assert answer.status_code == 200
    assert received.submission.source == source
    assert received.submission.card.source == (None if source == "form" else source)
    has_visitor = received.submission.card.visitor is not None
    assert has_visitor is (source == "form"), "the address of a source's server is no visitor's"


async def test_a_source_s_form_may_name_its_own_origin() -> None:
    recorder = Recorder()
    async with doors(recorder) as client:
        await client.post(f"/api/lead/{KEY}", json=ANA | {"fuente": "Feria"})

    assert recorder.received[0].submission.card.source == "Feria"


@pytest.mark.parametrize(
    "path", [f"/api/lead/{KEY}x", "/api/lead/a/b", "/api/lead/%0A", "/api/lead/%F0"]
)
async def test_an_unknown_key_is_refused_and_no_path_below_a_door_is_missing(path: str) -> None:
    recorder = Recorder()
    async with doors(recorder) as client:
        answer = await client.post(path, json=ANA)

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"] == "No conocemos esta clave de fuente."
    assert not recorder.received


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sitio_web": "https://spam.example"}, HoldReason.HONEYPOT),
        ({"nombre": "Gana en www.premios"}, HoldReason.LINK_IN_NAME),
        ({"email": "ana@mailinator.com"}, HoldReason.DISPOSABLE_EMAIL),
        ({"email": "test@meta.com"}, HoldReason.TEST),
        ({"email": "ventas@empresa.com.mx"}, None),
    ],
)
async def test_what_is_held_is_answered_like_any_other(
    changes: dict[str, str], reason: HoldReason | None
) -> None:
    recorder = Recorder()
    async with doors(recorder) as client:
        answer = await client.post("/api/lead", json=ANA | changes)

    assert (answer.status_code, answer.json()) == (200, {"ok": True, "lead_id": 1})
    assert recorder.held == [reason]
    assert "sitio_web" not in recorder.received[0].submission.card.extra


async def test_what_was_sent_is_kept_word_for_word_with_the_evidence_of_the_consent() -> None:
    recorder = Recorder()
    body = b"nombre=Jos%E9&email=jose%40example.com&consentimiento=Acepto"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=windows-1252",
        "Referer": "https://www.ejemplo.mx/contacto",
        "User-Agent": "Navegador",
    }
    async with doors(recorder) as client:
        await client.post("/api/lead", content=body, headers=headers)
    [received] = recorder.received

    assert (received.sent.body, received.sent.content_type) == (body, headers["Content-Type"])
    assert '"nombre":"José"' in received.sent.fields
    assert (received.remote_address, received.user_agent) == ("9.9.9.9", "Navegador")
    assert received.submission.card.consent == "Acepto"
    assert received.page == headers["Referer"]


async def test_a_submission_s_own_id_makes_it_known_for_ever() -> None:
    recorder = Recorder()
    async with doors(recorder) as client:
        for n in ("1", "1", "2"):
            await client.post("/api/lead", json=ANA | {"submission_id": n})
        await client.post("/api/lead", json=ANA)
    first, same, other, without = [r.submission.external_id for r in recorder.received]

    assert first == same != other
    assert (bool(first), without) == (True, "")


PREFLIGHT = {
    "Origin": "https://www.ejemplo.mx",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,x-requested-with,x-source-key,hx-current-url",
}


@pytest.mark.parametrize("path", ["/api/lead", "/api/lead/", f"/api/lead/{KEY}"])
async def test_a_script_of_an_allowed_page_may_send_any_header(path: str) -> None:
    async with doors(Recorder(), ALLOWED_ORIGINS="https://www.ejemplo.mx") as client:
        allowed = await client.options(path, headers=PREFLIGHT)
        foreign = await client.options(path, headers=PREFLIGHT | {"Origin": "https://evil.example"})

    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://www.ejemplo.mx"
    assert (
        allowed.headers["access-control-allow-headers"]
        == (PREFLIGHT["Access-Control-Request-Headers"])
    )
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize(
    "wanted",
    [
        "http://[",
        "https://[::1",
        "//[",
        "http://\x00",
        "https://www.ejemplo.mx:x/",
        "\ud800",
        "a" * 9000,
    ],
)
async def test_no_redirect_breaks_an_answer(wanted: str) -> None:
    recorder = Recorder()
    settings = {"FORM_REDIRECT_URL": "https://www.ejemplo.mx/gracias"}
    form = ANA | {"redirect": wanted.encode("utf-8", "surrogatepass")}
    async with doors(recorder, **settings) as client:
        answer = await client.post("/api/lead", data=form, headers=BROWSER)

    assert (answer.status_code, answer.headers["location"]) == (303, settings["FORM_REDIRECT_URL"])
    assert len(recorder.received) == 1


async def test_a_body_of_a_source_that_cannot_be_kept_is_sent_again_later() -> None:
    """Without its database, intake refuses what it cannot read also from a source with a key."""
    async with doors(Recorder()) as client:
        answer = await client.post(f"/api/lead/{KEY}", content=b'{"nombre": "An')

    assert answer.status_code == 503
