"""The checks that `pauta doctor` makes from outside, as leads and providers reach the system."""

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import httpx

from kit.health import (
    MAX_WAIT,
    Check,
    CheckFailed,
    CheckWarning,
    Dependency,
    Probe,
    Text,
    examine,
    name,
    start,
)
from kit.http_client import BoundedClient
from pauta.doctor.inside import print_checks, timeout_until

PART = "outside"
PUBLIC = "PUBLIC_BASE_URL"
BOOKING = "BOOKING_URL"
CLOCKS_APART = 30.0  # seconds
# the status with which each service refuses a request without rights or content
REFUSALS = {
    "intake": ("POST", "/api/lead", 422),
    "crm": ("GET", "/api/calcom", 405),
    "notify": ("POST", "/webhooks/brevo", 401),
}
UNREACHABLE = (502, 503, 504)  # the gateway's answers for a service that is down


async def checks_outside(addresses: Mapping[str, str], timeout: float = MAX_WAIT) -> list[Check]:
    """Checks the public address, the pages that people are sent to, and this server's clock."""
    async with BoundedClient(timeout=timeout) as http:
        public = _public(addresses[PUBLIC].rstrip("/"))
        pages = [
            _page_of(variable, address)
            for variable, address in addresses.items()
            if variable != PUBLIC
        ]
        probes = [_service(http, public, service) for service in REFUSALS]
        probes += [_page(http, page) for page in pages]
        probes += [_clock(http, page) for page in pages if page.name == name(BOOKING)]
        return await examine(probes, timeout)


def _public(address: str) -> Dependency:
    return Dependency(
        name=Text(es="Dirección pública", en="Public address"),
        address=address,
        advice=Text(
            es="PUBLIC_BASE_URL debe llevar a la entrada de este servidor: "
            "revisa su DNS, certificado y firewall.",
            en="PUBLIC_BASE_URL must lead to this server's gateway: "
            "check its DNS, certificate and firewall.",
        ),
    )


def _page_of(variable: str, address: str) -> Dependency:
    return Dependency(
        name=name(variable),
        address=address,
        advice=Text(
            es=f"{variable} lleva a las personas, o a Twilio, a esa página: corrígela.",
            en=f"{variable} leads people, or Twilio, to that page: correct it.",
        ),
    )


def _service(http: httpx.AsyncClient, public: Dependency, service: str) -> Probe:
    """Returns a probe that reaches the service by the public address, with a request it refuses."""
    return Probe(
        about=Text(es=f"Dirección pública, {service}", en=f"Public address, {service}"),
        advice=public.advice,
        check=partial(_expect_refusal, http, public, service),
        of=public,
    )


async def _expect_refusal(http: httpx.AsyncClient, public: Dependency, service: str) -> Text:
    method, path, expected = REFUSALS[service]
    address = public.address + path
    response = await _ask(http, address, method, json={} if method == "POST" else None)
    status = response.status_code
    if status in UNREACHABLE:
        raise CheckFailed(
            Text(
                es=f"{address} responde {status}: {service} no está en marcha",
                en=f"{address} answers {status}: {service} is not running",
            ),
            advice=start(service),
            cause=name(service),
        )
    if status != expected:
        raise CheckFailed(
            Text(
                es=f"{address} responde {status}, pero {service} respondería {expected}",
                en=f"{address} answers {status}, but {service} would answer {expected}",
            ),
            cause=public.name,
        )
    return Text(es=f"{address} responde", en=f"{address} answers")


def _page(http: httpx.AsyncClient, page: Dependency) -> Probe:
    """Returns a probe that opens a page or recording which messages and calls link to."""
    return Probe(about=page.name, advice=page.advice, check=partial(_visit, http, page), of=page)


async def _visit(http: httpx.AsyncClient, page: Dependency) -> Text:
    response = await _ask(http, page.address, follow_redirects=True)
    kind = response.headers.get("content-type", "")
    if response.is_error:
        status = response.status_code
        raise CheckFailed(
            Text(es=f"{page.address} responde {status}", en=f"{page.address} answers {status}")
        )
    if page.name.en.startswith("VOICE_") and not kind.startswith("audio/"):
        raise CheckFailed(
            Text(
                es=f"{page.address} es {kind}, no una grabación de audio",
                en=f"{page.address} is {kind}, not an audio recording",
            )
        )
    return Text(es=f"{page.address} responde", en=f"{page.address} answers")


def _clock(http: httpx.AsyncClient, page: Dependency) -> Probe:
    """Returns a probe that compares this server's clock with the page's (the HTTP header Date)."""
    return Probe(
        about=Text(es="El reloj", en="The clock"),
        advice=Text(
            es="Pon a la hora el reloj de este servidor (NTP): los horarios de llamada se guían "
            "por él. Se compara con el de BOOKING_URL.",
            en="Set this server's clock (NTP): the calling hours depend on it. "
            "It is compared with BOOKING_URL's.",
        ),
        check=partial(_compare, http, page),
        of=page,
    )


async def _compare(http: httpx.AsyncClient, page: Dependency) -> Text:
    response = await _ask(http, page.address)
    try:
        stated = parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        raise CheckWarning(
            Text(
                es=f"no se pudo comparar: {page.host} no dice la hora",
                en=f"could not be compared: {page.host} sends no date",
            ),
            advice=Text(es="Revísalo tú: `timedatectl`.", en="Check it yourself: `timedatectl`."),
        ) from None
    apart = abs((datetime.now(UTC) - stated).total_seconds())
    if apart > CLOCKS_APART:
        raise CheckFailed(
            Text(es=f"{apart:.0f} segundos fuera de la hora", en=f"{apart:.0f} seconds wrong")
        )
    return Text(es=f"va con el de {page.host}", en=f"agrees with {page.host}")


async def _ask(
    http: httpx.AsyncClient, address: str, method: str = "GET", **more: Any
) -> httpx.Response:
    """Returns an address's answer without its body, which may be a recording."""
    async with http.stream(method, address, **more) as response:
        return response


if __name__ == "__main__":
    timeout = timeout_until(float(sys.argv[2]))
    asyncio.run(print_checks(PART, checks_outside(json.loads(sys.argv[1]), timeout)))
