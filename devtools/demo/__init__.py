"""The demonstration: people of every fate through the public address, watched live and checked at the end."""

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

import httpx

from devtools.demo.scenarios import SCENARIOS, Scenario
from devtools.demo.watcher import Watcher, out
from devtools.demo.words import language_of, say
from pauta.running.compose import Compose
from pauta.running.compose_file import variables
from pauta.running.native import Addresses, Native
from pauta.running.servers import free_ports, listens

PATIENCE = 60.0
BOOKED_IN_KOMMO = 60_000_002


class System(Protocol):
    addresses: Addresses

    def start(self) -> None: ...


def run(*, docker: bool, replicas: int = 1) -> bool:
    """True when everything that should have happened did, and nothing else. `replicas` are for Docker."""
    began, language = time.monotonic(), language_of(variables())
    with tempfile.TemporaryDirectory(prefix="pauta-demo-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as a user of its own
        system = _compose(replicas) if docker else Native(Path(folder) / "system", _variables())
        engine = "Docker Compose" if docker else "plain processes"
        out.print(say(f"[bold]Starting Pauta[/] with {engine} …", language))
        try:
            system.start()
            _say_where(system.addresses, time.monotonic() - began, language)
            problems = _play(system.addresses, language)
        finally:
            if isinstance(system, Compose):
                system.stop(forget=True)
            else:
                system.stop()
    for problem in problems:
        out.print(f"[red bold]✗[/] {problem}")
    end = say("Something is wrong." if problems else "Everything happened as it should.", language)
    out.print(
        say("{} {:.0f} s in all.", language).format(f"[bold]{end}[/]", time.monotonic() - began)
    )
    return not problems


def _variables() -> dict[str, str]:
    """The journey in seconds, free ports where the usual ones are taken, and the simulator whatever `.env` says."""
    usual = {
        **{
            "GATEWAY_PORT": 5000,
            "CONSOLE_PORT": 5001,
            "SIMULATOR_PORT": 5002,
            "SCHEDULER_PORT": 5003,
        },
        "RABBITMQ_MANAGEMENT_PORT": 15672,
    }
    others = free_ports(len(usual))
    ports = {
        name: str(free if listens(port) else port)
        for (name, port), free in zip(usual.items(), others, strict=True)
    }
    return ports | {
        "PUBLIC_BASE_URL": f"http://localhost:{ports['GATEWAY_PORT']}",
        "BOOKING_URL": f"http://localhost:{ports['SIMULATOR_PORT']}/cal/demo/reunion",
        "JOURNEY_PATH": "deploy/journey.demo.yml",
        "UNCERTAIN_CHECKS": "1,2,3",
    }


def _compose(replicas: int) -> Compose:
    empty = Path(os.devnull)
    return Compose(
        _variables() | {"COMPOSE_ENV_FILES": str(empty)}, project="pauta-demo", replicas=replicas
    )


def _say_where(addresses: Addresses, seconds: float, language: str) -> None:
    text = "Up after {:.1f} s. Console {}, phone {},\nactions {}, RabbitMQ management {} (pauta / rabbitmq-demo)\n"
    console, phone, actions = (
        f"{addresses.gateway}/console",
        f"{addresses.gateway}/simulator",
        f"{addresses.console}/api/actions",
    )
    out.print(say(text, language).format(seconds, console, phone, actions, addresses.rabbitmq))
    out.print(
        say(
            "Twelve days of follow-up pass in about 15 seconds here: deploy/journey.demo.yml",
            language,
        )
    )


def _play(addresses: Addresses, language: str) -> list[str]:
    watcher = Watcher(addresses)
    for scenario in SCENARIOS:
        _send(addresses, watcher, scenario, language)
    first = SCENARIOS[0]
    again = _post(addresses, first.form, "json")
    wrong = _post(addresses, {"nombre": "", "telefono": "123", "email": "nada"}, "json")
    _settle(watcher)
    out.print()
    problems = [
        problem for lead in watcher.scenarios for problem in _check(addresses, watcher, lead)
    ]
    problems += _look(addresses, first.name)
    known = next(lead for lead, scenario in watcher.scenarios.items() if scenario is first)
    if again.json().get("lead_id") != known:
        problems.append(
            f"{first.name}'s second form was answered {again.text}, not with lead {known}"
        )
    text = "{}'s second form within a day: {} {} – the same lead, no second welcome"
    out.print(say(text, language).format(first.name, again.status_code, again.text))
    if wrong.status_code != 422 or {e["field"] for e in wrong.json()["errors"]} != {
        "nombre",
        "telefono",
        "email",
    }:
        problems.append(f"a form full of mistakes was answered {wrong.status_code} {wrong.text}")
    errors = json.dumps(wrong.json()["errors"], ensure_ascii=False)
    out.print(say("A form full of mistakes: {} {}\n", language).format(wrong.status_code, errors))
    return problems


def _look(addresses: Addresses, name: str) -> list[str]:
    """What is wrong with the pages, as an operator and as the lead would find them."""
    pages = {"console/leads": name, "console": "RabbitMQ", "simulator": "/simulator/static/"}
    return [
        f"{addresses.gateway}/{path} was answered {answer.status_code}, without {shows!r} on it"
        for path, shows in pages.items()
        if (answer := httpx.get(f"{addresses.gateway}/{path}", timeout=15)).status_code != 200
        or shows not in answer.text
    ]


def _send(addresses: Addresses, watcher: Watcher, scenario: Scenario, language: str) -> None:
    if scenario.fault:
        time.sleep(1)  # so that it is this scenario's call that goes wrong
        httpx.post(
            f"{addresses.simulator}/simulator/faults", json=scenario.fault
        ).raise_for_status()
    response = _post(addresses, scenario.form, scenario.encoding)
    response.raise_for_status()
    lead = int(response.json()["lead_id"])
    watcher.watch(lead, scenario)
    out.print(f"[bold]{scenario.name}[/] → lead {lead} ({say(scenario.fate, language)})")


def _post(addresses: Addresses, form: dict[str, str], encoding: str) -> httpx.Response:
    url = f"{addresses.gateway}/api/lead"
    match encoding:
        case "form":
            return httpx.post(url, data=form, timeout=15)
        case "multipart":
            return httpx.post(
                url, files={name: (None, value) for name, value in form.items()}, timeout=15
            )
        case _:
            return httpx.post(url, json=form, timeout=15)


def _settle(watcher: Watcher) -> None:
    """Watches until everything has happened that should, and a little longer for what should not."""
    deadline = time.monotonic() + PATIENCE
    while (
        any(_missing(watcher, lead) for lead in watcher.scenarios) and time.monotonic() < deadline
    ):
        watcher.read()
        time.sleep(0.1)
    quiet_until = time.monotonic() + 2
    while time.monotonic() < quiet_until:
        watcher.read()
        time.sleep(0.1)


def _missing(watcher: Watcher, lead: int) -> set[str]:
    scenario, seen = watcher.scenarios[lead], watcher.seen.get(lead, [])
    sent = {f"{touch} touch.sent" for touch in (*scenario.touches, *scenario.emails)}
    enough = len([what for what in seen if what.endswith("touch.sent")]) >= len(
        (*scenario.touches, *scenario.emails)
    )
    missing = ({"lead.created", "lead.registered", *scenario.also} | sent) - set(seen)
    return missing or (set() if enough else {"a touch"})


def _check(addresses: Addresses, watcher: Watcher, lead: int) -> list[str]:
    """What the audit log lacks, has twice or in another order, and what the companies received beyond it."""
    scenario, seen = watcher.scenarios[lead], watcher.seen.get(lead, [])
    problems = []
    if missing := _missing(watcher, lead):
        problems.append(f"{scenario.name}: never happened: {', '.join(sorted(missing))}")
    if wrong := set(scenario.never) & set(seen):
        problems.append(f"{scenario.name}: should not have happened: {', '.join(sorted(wrong))}")
    sent = [what.removesuffix(" touch.sent") for what in seen if what.endswith("touch.sent")]
    messages = [touch for touch in sent if not touch.endswith("email")]
    if messages != list(scenario.touches):
        problems.append(f"{scenario.name}: sent {messages}, not {list(scenario.touches)}")
    if sorted(touch for touch in sent if touch.endswith("email")) != sorted(scenario.emails):
        problems.append(f"{scenario.name}: sent the emails {sent}, not {list(scenario.emails)}")
    if (received := _received(addresses, scenario)) != (expected := _expected(scenario)):
        problems.append(f"{scenario.name}: the companies received {received}, not {expected}")
    leads = httpx.get(f"{addresses.simulator}/simulator/kommo", timeout=10).json()["leads"]
    in_kommo = [
        one["status_id"] == BOOKED_IN_KOMMO for one in leads if one["name"].endswith(f"#{lead}")
    ]
    booked = "lead.booked" in seen and "booking.cancelled" not in seen
    if in_kommo != [booked]:
        problems.append(
            f"{scenario.name}: in Kommo {in_kommo} instead of one lead, booked: {booked}"
        )
    return problems


def _received(addresses: Addresses, scenario: Scenario) -> dict[str, int]:
    phone = f"+52{scenario.form['telefono']}" if scenario.digits else "none"
    messages = _simulator(addresses, "messages", phone)
    return {
        "call": len(_simulator(addresses, "calls", phone)),
        "whatsapp": sum(one["to"].startswith("whatsapp:") for one in messages),
        "sms": sum(not one["to"].startswith("whatsapp:") for one in messages),
        "email": len(_simulator(addresses, "emails", scenario.form["email"])),
    }


def _expected(scenario: Scenario) -> dict[str, int]:
    touches = (*scenario.touches, *scenario.emails)
    return {
        channel: sum(t.endswith(channel) for t in touches)
        for channel in ("call", "whatsapp", "sms", "email")
    }


def _simulator(addresses: Addresses, what: str, to: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(
        f"{addresses.simulator}/simulator/{what}", params={"to": to}, timeout=10
    ).json()
    return found
