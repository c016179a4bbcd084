"""pauta doctor: looks at everything Pauta depends on, and says what to do about what is not well."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kit.checks import Check, Doubt, Probe, Verdict, Wrong, examine, joined
from kit.failures import describe
from pauta.examining import SERVERS
from pauta.running.compose import Compose
from pauta.running.native import Native

WITH_COMPANIES = ("crm", "notify")
MARKS = {Verdict.OK: "[green]✓[/]", Verdict.DOUBT: "[yellow]![/]", Verdict.WRONG: "[red]✗[/]"}
# what each answers to somebody who may do nothing
DOORS = {
    "intake": ("POST", "/api/lead", 422),
    "crm": ("GET", "/api/calcom", 405),
    "notify": ("POST", "/webhooks/brevo", 401),
}

PAGES = ("BOOKING_URL", "RESOURCE_URL", "SURVEY_URL", "MATERIAL_URL", "VOICE_WELCOME_URL", "VOICE_VOICEMAIL_URL")
CLOCKS_APART = 30.0

Inside = Callable[..., str]


def every_check(place: Compose | Native, variables: Mapping[str, str]) -> list[Check]:
    """All there is to say, from the servers outwards; no check changes anything."""
    return asyncio.run(_every_check(place, variables))


async def _every_check(place: Compose | Native, variables: Mapping[str, str]) -> list[Check]:
    services = {SERVERS: "setup"} | {service: service for service in WITH_COMPANIES}
    parts = [asyncio.to_thread(_from_inside, place.inside, service, part) for part, service in services.items()]
    public = (variables.get("PUBLIC_BASE_URL") or place.addresses.gateway).rstrip("/")
    usual = {"BOOKING_URL": f"{place.addresses.sandbox}/cal/demo/reunion"}
    pages = {name: address for name in PAGES if (address := variables.get(name) or usual.get(name))}
    async with httpx.AsyncClient(timeout=8) as http:
        outside = [
            *(_door(http, public, service) for service in DOORS),
            *(_page(http, name, address) for name, address in pages.items()),
            _clock(http, pages["BOOKING_URL"]),
        ]
        return joined([check for checks in await asyncio.gather(*parts, examine(outside)) for check in checks])


def show(checks: list[Check], out: Console) -> bool:
    """Prints the checks, and below them what to do; whether nothing is wrong."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        table.add_row(MARKS[check.verdict], check.about, escape(check.found))
    out.print(table)
    bad = [check for check in checks if check.verdict is not Verdict.OK]
    for check in bad:
        out.print(f"\n{MARKS[check.verdict]} [bold]{check.about}[/]: {escape(check.found)}\n  {escape(check.advice)}")
    wrong = sum(check.verdict is Verdict.WRONG for check in checks)
    out.print(f"\n{len(checks)} checks: {wrong} wrong, {len(bad) - wrong} to think about.")
    return wrong == 0


def _from_inside(inside: Inside, service: str, part: str) -> list[Check]:
    try:
        printed = inside(service, "pauta.examining", part)
    except SystemExit as failure:
        advice = "Look at the message; `pauta up` starts everything."
        return [Check(about=part.capitalize(), verdict=Verdict.WRONG, found=str(failure)[:1000], advice=advice)]
    return [Check.model_validate(check) for check in json.loads(printed.splitlines()[-1])]


def _door(http: httpx.AsyncClient, public: str, service: str) -> Probe:
    """Whether a service is reached through the address that everybody uses, by asking what it must refuse."""
    method, path, expected = DOORS[service]

    async def look() -> str:
        response = await _ask(http, public + path, method, json={} if method == "POST" else None)
        if response.status_code != expected:
            raise Wrong(f"{public}{path} answers {response.status_code}, and {service} would answer {expected}")
        return f"{public}{path} answers"

    return Probe(
        about=f"Public address, {service}",
        advice="PUBLIC_BASE_URL must lead to this server's gateway: check its DNS, certificate, firewall, and that "
        f"{service} is up.",
        look=look,
    )


def _page(http: httpx.AsyncClient, name: str, address: str) -> Probe:
    """Whether what messages and calls point to is there."""

    async def look() -> str:
        response = await _ask(http, address, follow_redirects=True)
        kind = response.headers.get("content-type", "")
        if response.is_error:
            raise Wrong(f"{address} answers {response.status_code}")
        if name.startswith("VOICE_") and not kind.startswith("audio/"):
            raise Wrong(f"{address} is {kind}, not a recording")
        return f"{address} answers"

    return Probe(about=name, advice=f"People, or Twilio, are sent to {name}: correct it.", look=look)


def _clock(http: httpx.AsyncClient, elsewhere: str) -> Probe:
    """Whether this server's clock is right, by the hour that another one says it is (HTTP's Date)."""

    async def look() -> str:
        try:
            said = parsedate_to_datetime((await _ask(http, elsewhere)).headers["date"])
        except (Wrong, KeyError, ValueError) as error:
            raise Doubt(f"could not be compared: {describe(error)}") from error
        apart = abs((datetime.now(UTC) - said).total_seconds())
        if apart > CLOCKS_APART:
            raise Wrong(f"{apart:.0f} seconds wrong")
        return f"agrees with {urlsplit(elsewhere).hostname}"

    advice = "Set this server's clock (NTP): the hours of calling follow it. It is compared with BOOKING_URL's."
    return Probe(about="The clock", advice=advice, look=look)


async def _ask(http: httpx.AsyncClient, address: str, method: str = "GET", **more: Any) -> httpx.Response:
    """What an address answers, without its body: that may be a recording. Raises Wrong where it does not."""
    try:
        async with http.stream(method, address, **more) as response:
            return response
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Wrong(f"{address}: {describe(error)}") from error
