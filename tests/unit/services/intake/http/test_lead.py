"""Answers to a form: a page for a browser, JSON for a program, and the limit per address."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import httpx
import pytest

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
