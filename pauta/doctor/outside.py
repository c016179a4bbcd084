"""What `pauta doctor` looks at from outside, where leads and providers stand."""

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
from pauta.doctor.inside import patience_until, tell

PART = "outside"
PUBLIC, BOOKING = "PUBLIC_BASE_URL", "BOOKING_URL"
CLOCKS_APART = 30.0
# what each answers to somebody who may do nothing
DOORS = {
    "intake": ("POST", "/api/lead", 422),
    "crm": ("GET", "/api/calcom", 405),
    "notify": ("POST", "/webhooks/brevo", 401),
}
NOBODY_THERE = (502, 503, 504)  # the gateway answers so for a service that is down


async def checks_outside(addresses: Mapping[str, str], patience: float = MAX_WAIT) -> list[Check]:
    """What is to be said of the public address, of the pages that people are sent to, and of this server's clock."""
    async with httpx.AsyncClient(timeout=patience) as http:
        public = _public(addresses[PUBLIC].rstrip("/"))
        pages = [
            _page_of(variable, address)
            for variable, address in addresses.items()
            if variable != PUBLIC
        ]
        return await examine(
            [
                *(_door(http, public, service) for service in DOORS),
                *(_page(http, page) for page in pages),
                *(_clock(http, page) for page in pages if page.name == name(BOOKING)),
            ],
            patience,
        )


def _public(address: str) -> Dependency:
    return Dependency(
        name=Text(es="Dirección pública", en="Public address"),
        address=address,
        advice=Text(
            es="PUBLIC_BASE_URL debe llevar a la entrada de este servidor: revisa su DNS, certificado y firewall.",
            en="PUBLIC_BASE_URL must lead to this server's gateway: check its DNS, certificate and firewall.",
        ),
    )


def _page_of(variable: str, address: str) -> Dependency:
    return Dependency(
        name=name(variable),
        address=address,
        advice=Text(
            es=f"A {variable} llegan las personas, o Twilio: corrígela.",
            en=f"People, or Twilio, are sent to {variable}: correct it.",
        ),
    )


def _door(http: httpx.AsyncClient, public: Dependency, service: str) -> Probe:
    """Whether a service is reached through the address that everybody uses, by asking what it must refuse."""
    return Probe(
        about=Text(es=f"Dirección pública, {service}", en=f"Public address, {service}"),
        advice=public.advice,
        check=partial(_knock, http, public, service),
        of=public,
    )


async def _knock(http: httpx.AsyncClient, public: Dependency, service: str) -> Text:
    method, path, expected = DOORS[service]
    address = public.address + path
    response = await _ask(http, address, method, json={} if method == "POST" else None)
    status = response.status_code
    if status in NOBODY_THERE:
        raise CheckFailed(
            Text(
                es=f"{address} responde {status}: {service} no está en marcha",
                en=f"{address} answers {status}: {service} does not run",
            ),
            advice=start(service),
            cause=name(service),
        )
    if status != expected:
        raise CheckFailed(
            Text(
                es=f"{address} responde {status}, y {service} respondería {expected}",
                en=f"{address} answers {status}, and {service} would answer {expected}",
            ),
            cause=public.name,
        )
    return Text(es=f"{address} responde", en=f"{address} answers")


def _page(http: httpx.AsyncClient, page: Dependency) -> Probe:
    """Whether what messages and calls point to is there."""
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
    """Whether this server's clock is right, by the hour that another one says it is (HTTP's Date)."""
    return Probe(
        about=Text(es="El reloj", en="The clock"),
        advice=Text(
            es="Pon a la hora el reloj de este servidor (NTP): los horarios de llamada se guían por él. Se compara con "
            "el de BOOKING_URL.",
            en="Set this server's clock (NTP): the hours of calling follow it. It is compared with BOOKING_URL's.",
        ),
        check=partial(_compare, http, page),
        of=page,
    )


async def _compare(http: httpx.AsyncClient, page: Dependency) -> Text:
    response = await _ask(http, page.address)
    try:
        said = parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        raise CheckWarning(
            Text(
                es=f"no se pudo comparar: {page.host} no dice la hora",
                en=f"could not be compared: {page.host} does not say the hour",
            ),
            advice=Text(es="Míralo tú: `timedatectl`.", en="Look at it yourself: `timedatectl`."),
        ) from None
    apart = abs((datetime.now(UTC) - said).total_seconds())
    if apart > CLOCKS_APART:
        raise CheckFailed(
            Text(es=f"{apart:.0f} segundos fuera de la hora", en=f"{apart:.0f} seconds wrong")
        )
    return Text(es=f"va con el de {page.host}", en=f"agrees with {page.host}")


async def _ask(
    http: httpx.AsyncClient, address: str, method: str = "GET", **more: Any
) -> httpx.Response:
    """What an address answers, without its body: that may be a recording."""
    async with http.stream(method, address, **more) as response:
        return response


if __name__ == "__main__":
    asyncio.run(
        tell(PART, checks_outside(json.loads(sys.argv[1]), patience_until(float(sys.argv[2]))))
    )
