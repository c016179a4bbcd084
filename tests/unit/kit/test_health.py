"""A failed check is described once for each cause, in both languages, and in time."""

import ast
import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kit.errors import Unavailable
from kit.health import (
    NO_NAMES,
    Check,
    CheckFailed,
    CheckWarning,
    Dependency,
    Probe,
    Text,
    Verdict,
    examine,
    joined,
    name,
)
from tests.wire import Wire

ROOT = Path(__file__).parents[3]
PLACES = (
    "kit/health.py",
    "pauta/doctor/checks.py",
    "pauta/doctor/report.py",
    "pauta/doctor/inside.py",
    "pauta/doctor/outside.py",
    "services/crm/checks.py",
    "services/notify/checks.py",
)
NOTHING = name("")
KEY = Text(es="Copia la clave.", en="Copy the key.")
START = Text(es="Revisa la red.", en="Check the network.")


def acme(address: str) -> Dependency:
    return Dependency(name("Acme"), address, START, key="ACME_KEY", refusals={401: KEY})


def asking(address: str, timeout: float = 5) -> Probe:
    async def check() -> Text:
        async with httpx.AsyncClient(timeout=timeout) as http:
            status = (await http.get(address)).status_code
        if status != 200:
            raise Unavailable("acme", status=status)
        return name("ok")

    return Probe(name("Acme: account"), NOTHING, check, acme(address))


def raising(error: Exception, about: str = "it", of: Dependency | None = None) -> Probe:
    async def check() -> Text:
        raise error

    return Probe(name(about), START, check, of)


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        yield wire


async def found(probe: Probe, max_wait: float = 5) -> Check:
    [check] = await examine([probe], max_wait)
    return check


# ---- both languages


def texts() -> Iterator[Any]:
    for place in PLACES:
        for node in ast.walk(ast.parse((ROOT / place).read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Text"
            ):
                yield pytest.param(node, id=f"{place}:{node.lineno}")


def values_in(text: ast.expr) -> set[str]:
    """Returns the expressions that fill a text, without the language that they are read in."""
    filled = [node.value for node in ast.walk(text) if isinstance(node, ast.FormattedValue)]
    return {ast.unparse(value).removesuffix(".es").removesuffix(".en") for value in filled}


@pytest.mark.parametrize("text", list(texts()))
def test_each_text_is_there_in_both_languages(text: ast.Call) -> None:
    languages = list(text.args) + [keyword.value for keyword in text.keywords]
    es, en = languages

    for language in languages:
        assert not isinstance(language, ast.Constant) or language.value
    assert values_in(es) == values_in(en)


def test_a_text_is_read_in_the_language_of_the_operator() -> None:
    assert [START.read_in(language) for language in ("", "es-MX")] == [START.es] * 2
    assert [START.read_in(language) for language in ("en", "en-US")] == [START.en] * 2


# ---- descriptions


async def test_a_rejected_key_is_named(wire: Wire) -> None:
    wire.answers(401, {})
    check = await found(asking(wire.url))

    assert check.found == ("Acme no acepta ACME_KEY (401)", "Acme does not accept ACME_KEY (401)")
    assert check.advice == KEY


async def test_any_other_status_is_quoted(wire: Wire) -> None:
    wire.answers(503, {})
    check = await found(asking(wire.url))

    assert (check.found, check.advice) == (("Acme responde 503", "Acme answers 503"), START)


async def test_a_server_that_does_not_answer(wire: Wire) -> None:
    wire.hangs()

    assert (await found(asking(wire.url, timeout=1))).found.es == "no respondió en 1 s"
    assert (await found(asking(wire.url), max_wait=2)).found.es == "no respondió en 2 s"


async def test_a_refused_connection() -> None:
    assert (await found(asking("http://127.0.0.1:9"))).found == (
        "conexión rechazada",
        "connection refused",
    )


async def test_an_invalid_certificate() -> None:
    check = await found(raising(ssl.SSLCertVerificationError("self-signed certificate")))
    other = await found(raising(ssl.SSLError("wrong version number")))

    assert check.found.es == "su certificado no es válido"
    assert other.found.en == "there is no secure connection (TLS)"


async def test_an_unforeseen_error_is_quoted_only_in_the_advice() -> None:
    check = await found(raising(KeyError("surprise")))

    assert check.found.en == "does not answer as it should"
    assert "KeyError: 'surprise'" in check.advice.es


# ---- name resolution


async def test_an_unknown_host_name() -> None:
    checks = await examine([asking("http://nowhere.invalid"), asking("http://elsewhere.invalid")])
    [check] = joined(checks)

    assert check.about == NO_NAMES
    assert check.found.es.startswith("no se encuentra el servidor nowhere.invalid (DNS)")
    assert "/etc/resolv.conf" in check.advice.es


async def test_a_container_that_is_down_is_not_a_fault_of_name_resolution() -> None:
    check = await found(raising(ConnectionRefusedError(), of=acme("http://simulator:8000")))

    assert (check.cause, check.advice) == (name("Acme"), START)


async def test_name_resolution_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30))
    began = time.monotonic()
    try:
        check = await found(asking("http://slow.example.com"), max_wait=1)
    finally:
        over.set()

    assert check.about == NO_NAMES
    assert time.monotonic() - began < 3


# ---- in time


async def test_a_check_that_cannot_be_cancelled_is_abandoned() -> None:
    over = asyncio.Event()

    async def check() -> Text:
        while not over.is_set():
            try:
                await over.wait()
            except asyncio.CancelledError:
                continue
        return name("")

    [stuck, well] = await examine(
        [Probe(name("stuck"), START, check), raising(CheckWarning(name("perhaps")))], max_wait=0.5
    )
    over.set()
    await asyncio.sleep(0)

    assert (stuck.verdict, stuck.advice) == (Verdict.WRONG, START)
    assert well.found.en == "perhaps"


# ---- one cause


async def test_one_cause_is_one_finding_that_counts_the_others() -> None:
    refused = Unavailable("x", status=401)
    server = acme("http://127.0.0.1:9")
    checks = await examine(
        [
            raising(refused, "a", server),
            raising(refused, "b", server),
            raising(CheckFailed(name("c")), "c"),
        ]
    )

    first, other = joined(checks)
    assert first.about == name("Acme")
    assert first.found.es.endswith("; por eso quedó otra cosa sin revisar")
    assert first.found.en.endswith("; 1 more check could not be made because of it")
    assert other.about == name("c")


async def test_a_failure_takes_precedence_over_a_warning() -> None:
    disk = name("disk")
    checks = await examine(
        [
            raising(CheckWarning(name("little"), cause=disk)),
            raising(CheckFailed(name("none"), cause=disk)),
        ]
    )

    [check] = joined(checks)
    assert (check.verdict, check.found.en.partition(";")[0]) == (Verdict.WRONG, "none")
