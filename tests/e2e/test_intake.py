"""Intake from outside: encodings, answers, duplicates, limits, and paths that are not public."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from contracts.commands.submission import AcceptSubmission, DiscardSubmission
from tests.system import System, everything_received, person

pytestmark = pytest.mark.connected


def url(system: System, path: str = "/api/lead") -> str:
    return f"{system.native.addresses.gateway}{path}"


async def test_the_seeds_first_request_word_for_word(system: System) -> None:
    body = """{
    "nombre": "Ana Test",
    "email": "ana.test@example.com",
    "telefono": "8112345678",
    "empresa": "Demo SA",
    "servicio": "Consultoría IA",
    "fuente": "Landing 1"
  }"""
    answer = await system.http.post(
        url(system), content=body.encode(), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "lead_id": answer.json()["lead_id"]}
    assert isinstance(answer.json()["lead_id"], int)


@pytest.mark.parametrize("encoding", ["json", "urlencoded", "multipart"])
async def test_the_three_encodings_are_read_alike(system: System, encoding: str) -> None:
    form = person(nombre="José Ñandú 🎉", utm_source="ads & co")
    del form["nombre"], form["utm_source"]
    form = {"nombre": "José Ñandú 🎉", "utm_source": "ads & co", **form}
    sent: dict[str, Any] = {
        "json": {"json": form},
        "urlencoded": {"data": form},
        "multipart": {"files": {name: (None, value) for name, value in form.items()}},
    }[encoding]
    answer = await system.http.post(url(system), **sent)

    assert answer.status_code == 200
    card = json.loads(
        await system.sql(
            "intake", "select card::text from leads where lead_id = $1", answer.json()["lead_id"]
        )
    )
    assert card["name"] == "José Ñandú 🎉"
    assert card["phone"] == f"+52{form['telefono']}"
    assert card["extra"] == {"utm_source": "ads & co"}


@pytest.mark.parametrize(
    ("content", "kind", "status", "message"),
    [
        (b"{", "application/json", 400, "El cuerpo no es JSON válido."),
        (b"[1]", "application/json", 400, "El cuerpo debe ser un objeto"),
        (b"[" * 30_000, "application/json", 400, "El cuerpo no es JSON válido."),
        (b"a=1", "text/plain", 422, "Escribe tu correo o tu teléfono"),
        (b"", "", 422, "Escribe tu correo o tu teléfono"),
        (b"{}" + b" " * 65_536, "application/json", 413, "64 KB"),
        (b"nada", "multipart/form-data", 400, "No pudimos leer el formulario."),
        (b"nada", "multipart/form-data; boundary=x", 400, "No pudimos leer el formulario."),
        (b"", "application/x-www-form-urlencoded", 422, "Escribe tu correo o tu teléfono"),
        (b"%ff%fe=%00&nombre=%F0", "application/x-www-form-urlencoded", 422, "correo"),
    ],
)
async def test_a_refused_body_is_explained(
    system: System, content: bytes, kind: str, status: int, message: str
) -> None:
    answer = await system.http.post(url(system), content=content, headers={"Content-Type": kind})

    assert answer.status_code == status
    assert answer.json()["ok"] is False
    assert message in answer.json()["errors"][0]["message"]


async def test_every_bad_field_is_named_at_once_in_the_callers_language(system: System) -> None:
    wrong = {"nombre": "", "email": "ana@", "telefono": "12", "zona_horaria": "Marte"}
    spanish = await system.post(wrong)
    english = await system.post(wrong, headers={"Accept-Language": "en-US,en;q=0.9"})

    for answer in (spanish, english):
        assert answer.status_code == 422
        assert [e["field"] for e in answer.json()["errors"]] == ["email", "telefono"]
    assert spanish.json()["errors"][0]["message"].startswith("El correo no parece válido.")
    assert english.json()["errors"][0]["message"].startswith("The email does not look valid.")


async def test_a_form_with_one_usable_address_is_taken(system: System) -> None:
    form = person(email="ana@", zona_horaria="Etc/Unknown")
    lead = await system.lead(form)
    await system.happens(lead, "lead.created", "call.answered")


async def test_a_key_replays_its_first_answer_and_refuses_another_body(system: System) -> None:
    form = person()
    key = {"Idempotency-Key": "formulario-1"}
    first = await system.post(form, headers=key)
    again = await system.post(form, headers=key)
    other = await system.post(person(), headers=key)

    assert again.status_code == first.status_code == 200
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 409
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_one_key_at_the_same_moment_in_two_replicas_is_one_lead(system: System) -> None:
    form = person()
    key = {"Idempotency-Key": "formulario-2"}
    answers = await asyncio.gather(*(system.post(form, headers=key) for _ in range(20)))

    assert len({answer.json()["lead_id"] for answer in answers}) == 1


def operators_url(system: System, path: str) -> str:
    """Returns an address of intake itself, which the gateway does not serve."""
    return f"http://127.0.0.1:{system.replicas['intake'][0][1]}{path}"


async def held(system: System) -> dict[int, str]:
    """Returns the reasons of the held submissions, by their ids."""
    answer = await system.http.get(operators_url(system, "/submissions/held"))
    return {row["submission_id"]: row["reason"] for row in answer.json()["submissions"]}


async def test_what_is_held_is_not_contacted_until_an_operator_accepts_it(system: System) -> None:
    form = person(sitio_web="https://spam.example")
    lead = await system.lead(form)
    await system.quiet()

    assert await system.actions(lead) == ["submission.held"]
    [counts] = await everything_received(system, [form])
    assert not any(counts.values())
    assert (await held(system))[lead] == "honeypot"

    await system.publish(AcceptSubmission(lead_id=lead, by="operadora"))
    await system.happens(lead, "submission.accepted", "lead.created", "call.answered")
    await system.happens(lead, "email touch.delivered")
    assert lead not in await held(system)


async def test_what_an_operator_discards_is_never_contacted(system: System) -> None:
    form = person(nombre="Gana en www.premios.example")
    lead = await system.lead(form)
    await system.happens(lead, "submission.held")
    await system.publish(DiscardSubmission(lead_id=lead, by="operadora"))
    await system.happens(lead, "submission.discarded")
    await system.publish(AcceptSubmission(lead_id=lead, by="operadora"))
    await system.quiet()

    assert sorted(await system.actions(lead)) == [
        "submission.accept",
        "submission.discard",
        "submission.discarded",
        "submission.held",
    ]
    [counts] = await everything_received(system, [form])
    assert not any(counts.values())


async def test_a_source_s_key_names_its_forms(system: System) -> None:
    made = await system.http.post(
        operators_url(system, "/sources"), json={"name": "feria", "by": "ana"}
    )
    again = await system.http.post(
        operators_url(system, "/sources"), json={"name": "feria", "by": "ana"}
    )
    form = person()
    del form["fuente"]
    answer = await system.http.post(url(system, f"{made.json()['path']}/"), json=form)
    unread = await system.http.post(url(system, made.json()["path"]), content=b'{"nombre": "A')
    forged = await system.http.post(url(system, "/api/lead/feria"), json=form)

    assert (made.status_code, again.status_code) == (201, 409)
    assert (answer.status_code, unread.status_code, forged.status_code) == (200, 200, 401)
    lead = answer.json()["lead_id"]
    query = "select card->>'source' from leads where lead_id = $1"
    assert await system.sql("intake", query, lead) == "feria"
    sources = (await system.http.get(operators_url(system, "/sources"))).json()
    [status] = [source for source in sources if source["name"] == "feria"]
    assert (status["deliveries"], status["refused"]) == (2, 1)
    assert made.json()["key"].startswith(status["keys"][0]["hint"])


@pytest.mark.parametrize(
    ("wanted", "target"),
    [
        (None, "https://www.example.com/gracias"),
        ("https://www.example.com/listo?x=1", "https://www.example.com/listo?x=1"),
        ("https://evil.example/phish", "https://www.example.com/gracias"),
        ("//evil.example", "https://www.example.com/gracias"),
        ("https://www.example.com@evil.example/", "https://www.example.com/gracias"),
        ("javascript:alert(1)", "https://www.example.com/gracias"),
        ("http://[", "https://www.example.com/gracias"),
    ],
)
async def test_a_browser_goes_on_to_an_allowed_page(
    system: System, wanted: str | None, target: str
) -> None:
    form = person() | ({"redirect": wanted} if wanted else {})
    answer = await system.http.post(url(system), data=form, headers={"Accept": "text/html,*/*"})

    assert answer.status_code == 303
    assert answer.headers["location"] == target


async def test_a_browsers_bad_form_is_a_page_that_escapes(system: System) -> None:
    answer = await system.http.post(
        url(system), data={"email": "<i>"}, headers={"Accept": "text/html"}
    )

    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "<b>email</b>: El correo no parece válido." in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "<script" not in answer.text


async def test_only_allowed_pages_may_post_from_a_script(system: System) -> None:
    ask = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-requested-with",
    }
    allowed = await system.http.options(
        url(system), headers=ask | {"Origin": "https://www.example.com"}
    )
    foreign = await system.http.options(
        url(system), headers=ask | {"Origin": "https://evil.example"}
    )

    assert allowed.headers["access-control-allow-origin"] == "https://www.example.com"
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/metrics/",
        "/openapi.json",
        "/api/actions",
        "/submissions/held",
        "/sources",
        "/simulator/calls",
        "/api/lead/../../metrics",
        "/webhooks/../metrics",
        "/webhooks/%2e%2e/metrics",
        "//metrics",
        "/permits/1",
        "/bookings/unmatched",
        "/backlog",
        "/webhooks/kommo/../../permits/1",
    ],
)
async def test_nothing_internal_is_behind_the_gateway(system: System, path: str) -> None:
    answer = await system.http.get(url(system, path))

    assert answer.status_code == 404
    assert "python" not in answer.text.lower()


async def test_a_slow_or_half_sent_request_leaves_nothing_behind(system: System) -> None:
    before = await system.sql("intake", "select count(*) from leads")

    async def half() -> Any:
        yield b'{"nombre": "Ana", '
        raise ConnectionAbortedError

    with pytest.raises((httpx.HTTPError, ConnectionAbortedError)):
        await system.http.post(
            url(system), content=half(), headers={"Content-Type": "application/json"}
        )
    assert await system.sql("intake", "select count(*) from leads") == before


@pytest.mark.parametrize("path", ["/api/lead", "/api/lead/", "/api/lead/x", "/api/lead/x/y"])
async def test_no_path_of_the_door_is_missing(system: System, path: str) -> None:
    """Some tools stop sending for good when they are answered 404 or 410."""
    assert (await system.http.get(url(system, path))).status_code == 405
    answer = await system.http.post(url(system, path), json={})
    assert answer.status_code in (401, 422)
