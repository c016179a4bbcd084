"""pauta doctor: looks at everything Pauta depends on, and says what to do about what is not well."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kit.checks import Check, Verdict
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

CLOCKS_APART = 30.0

Inside = Callable[..., str]


def every_check(place: Compose | Native, variables: Mapping[str, str]) -> list[Check]:
    """All there is to say, from the servers outwards; no check changes anything."""
    parts: list[Callable[[], list[Check]]] = [partial(_from_inside, place.inside, "setup", SERVERS)]
    parts += [partial(_from_inside, place.inside, service, service) for service in WITH_COMPANIES]
    public = (variables.get("PUBLIC_BASE_URL") or place.addresses.gateway).rstrip("/")
    parts += [partial(_door, public, service) for service in DOORS]
    parts += [partial(_pages, place, variables), partial(_clock, variables.get("BOOKING_URL") or public)]
    with ThreadPoolExecutor(len(parts)) as pool:
        return [check for checks in pool.map(lambda part: part(), parts) for check in checks]


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


def _door(public: str, service: str) -> list[Check]:
    """Whether a service is reached through the address that everybody uses, by asking what it must refuse."""
    method, path, expected = DOORS[service]
    about = f"Public address, {service}"
    advice = (
        f"PUBLIC_BASE_URL must lead to this server's gateway: check its DNS, certificate, firewall, and that "
        f"{service} is up."
    )
    try:
        response = httpx.request(method, public + path, json={} if method == "POST" else None, timeout=15)
    except httpx.HTTPError as error:
        found = f"{public}{path}: {type(error).__name__}: {error}"
        return [Check(about=about, verdict=Verdict.WRONG, found=found, advice=advice)]
    if response.status_code != expected:
        found = f"{public}{path} answers {response.status_code}, and {service} would answer {expected}"
        return [Check(about=about, verdict=Verdict.WRONG, found=found, advice=advice)]
    return [Check(about=about, verdict=Verdict.OK, found=f"{public}{path} answers")]


def _pages(place: Compose | Native, variables: Mapping[str, str]) -> list[Check]:
    """Whether what messages and calls point to is there."""
    usual = {"BOOKING_URL": f"{place.addresses.sandbox}/cal/demo/reunion"}
    names = ("BOOKING_URL", "RESOURCE_URL", "SURVEY_URL", "MATERIAL_URL", "VOICE_WELCOME_URL", "VOICE_VOICEMAIL_URL")
    addresses = {name: variables.get(name) or usual.get(name) for name in names}
    return [_page(name, address) for name, address in addresses.items() if address]


def _clock(elsewhere: str) -> list[Check]:
    """Whether this server's clock is right, by the hour that another one says it is (HTTP's Date)."""
    about, advice = "The clock", "Set this server's clock (NTP): the hours of calling follow it."
    try:
        with httpx.stream("GET", elsewhere, timeout=15) as response:
            said = parsedate_to_datetime(response.headers["date"])
    except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError) as error:
        found = f"could not be compared: {type(error).__name__}"
        return [Check(about=about, verdict=Verdict.DOUBT, found=found, advice=advice)]
    apart = abs((datetime.now(UTC) - said).total_seconds())
    if apart > CLOCKS_APART:
        return [Check(about=about, verdict=Verdict.WRONG, found=f"{apart:.0f} seconds wrong", advice=advice)]
    return [Check(about=about, verdict=Verdict.OK, found=f"agrees with {urlsplit(elsewhere).hostname}")]


def _page(name: str, address: str) -> Check:
    advice = f"People, or Twilio, are sent to {name}: correct it."
    try:
        with httpx.stream("GET", address, timeout=15, follow_redirects=True) as response:
            kind = response.headers.get("content-type", "")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Check(about=name, verdict=Verdict.WRONG, found=f"{address}: {type(error).__name__}", advice=advice)
    if response.is_error:
        found = f"{address} answers {response.status_code}"
        return Check(about=name, verdict=Verdict.WRONG, found=found, advice=advice)
    if name.startswith("VOICE_") and not kind.startswith("audio/"):
        return Check(about=name, verdict=Verdict.WRONG, found=f"{address} is {kind}, not a recording", advice=advice)
    return Check(about=name, verdict=Verdict.OK, found=f"{address} answers")
