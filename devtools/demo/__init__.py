"""Runs the demonstration: sends people of every fate to the public address, and checks them."""

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

import httpx

from devtools.demo.scenarios import DOORS, SCENARIOS, Scenario
from devtools.demo.watcher import Watcher, out
from devtools.demo.words import language_of, translate
from pauta.running.compose import Compose
from pauta.running.compose_file import variables
from pauta.running.native import Addresses, Native
from pauta.running.servers import free_ports, listens

MAX_WAIT = 60.0
BOOKED_IN_KOMMO = 60_000_002
TESTED_SOURCES = ("meta", "google", "typeform")
TEST_ADDRESSES = ("test@meta.com", "test@example.com", "an_account@example.com", "+16505550123")


class System(Protocol):
    addresses: Addresses

    def start(self) -> None: ...


def run(*, docker: bool, replicas: int = 1) -> bool:
    """Returns True if everything expected happened, and nothing else. `replicas` is for Docker."""
    began = time.monotonic()
    language = language_of(variables())
    with tempfile.TemporaryDirectory(prefix="pauta-demo-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as a user of its own
        system = _compose(replicas) if docker else Native(Path(folder) / "system", _variables())
        engine = "Docker Compose" if docker else "plain processes"
        out.print(translate(f"[bold]Starting Pauta[/] with {engine} …", language))
        try:
            system.start()
            _print_addresses(system.addresses, time.monotonic() - began, language)
            problems = _play(system.addresses, language)
        finally:
            if isinstance(system, Compose):
                system.stop(forget=True)
            else:
                system.stop()
    for problem in problems:
        out.print(f"[red bold]✗[/] {problem}")
    result = "Something is wrong." if problems else "Everything happened as it should."
    end = f"[bold]{translate(result, language)}[/]"
    out.print(translate("{} {:.0f} s in all.", language).format(end, time.monotonic() - began))
    return not problems


def _variables() -> dict[str, str]:
    """Returns the environment: the journey in seconds, and the simulator whatever `.env` contains.

    Where a usual port is taken, a free one replaces it.
    """
    usual = {
        "GATEWAY_PORT": 5000,
        "CONSOLE_PORT": 5001,
        "SIMULATOR_PORT": 5002,
        "SCHEDULER_PORT": 5003,
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
    environment = _variables() | {"COMPOSE_ENV_FILES": os.devnull}
    return Compose(environment, project="pauta-demo", replicas=replicas)


def _print_addresses(addresses: Addresses, seconds: float, language: str) -> None:
    text = (
        "Up after {:.1f} s. Console {}, phone {},\n"
        "actions {}, RabbitMQ management {} (pauta / rabbitmq-demo)\n"
    )
    console = f"{addresses.gateway}/console"
    phone = f"{addresses.gateway}/simulator"
    actions = f"{addresses.console}/api/actions"
    out.print(
        translate(text, language).format(seconds, console, phone, actions, addresses.rabbitmq)
    )
    text = "Twelve days of follow-up pass in about 15 seconds here: deploy/journey.demo.yml"
    out.print(translate(text, language))


def _play(addresses: Addresses, language: str) -> list[str]:
    watcher = Watcher(addresses)
    for scenario in DOORS:
        _send_by_door(addresses, watcher, scenario, language)
    tested = [_send_test(addresses, source, language) for source in TESTED_SOURCES]
    for scenario in SCENARIOS:
        _send(addresses, watcher, scenario, language)
    first = SCENARIOS[0]
    second_form = _post(addresses, first.form, "json")
    wrong = _post(addresses, {"telefono": "123", "email": "nada"}, "json")
    _settle(watcher)
    out.print()
    problems = [f"{stranger.name} never came to Kommo" for stranger in watcher.strangers]
    for lead in watcher.scenarios:
        problems += _check(addresses, watcher, lead)
    problems += _check_tests(addresses, tested)
    problems += _check_pages(addresses, first.name)
    known = next(lead for lead, scenario in watcher.scenarios.items() if scenario is first)
    if second_form.json().get("lead_id") != known:
        problems.append(
            f"{first.name}'s second form was answered {second_form.text}, not with lead {known}"
        )
    text = "{}'s second form within a day: {} {} – the same lead, no second welcome"
    out.print(
        translate(text, language).format(first.name, second_form.status_code, second_form.text)
    )
    expected = {"telefono", "email"}
    if wrong.status_code != 422 or {e["field"] for e in wrong.json()["errors"]} != expected:
        problems.append(f"a form full of mistakes was answered {wrong.status_code} {wrong.text}")
    errors = json.dumps(wrong.json()["errors"], ensure_ascii=False)
    out.print(
        translate("A form full of mistakes: {} {}\n", language).format(wrong.status_code, errors)
    )
    return problems


def _check_pages(addresses: Addresses, name: str) -> list[str]:
    """Returns the problems with the pages of the operator and of the lead."""
    pages = {"console/leads": name, "console": "RabbitMQ", "simulator": "/simulator/static/"}
    problems: list[str] = []
    for path, content in pages.items():
        url = f"{addresses.gateway}/{path}"
        answer = httpx.get(url, timeout=15)
        if answer.status_code != 200 or content not in answer.text:
            problems.append(f"{url} was answered {answer.status_code}, without {content!r} on it")
    return problems


def _send(addresses: Addresses, watcher: Watcher, scenario: Scenario, language: str) -> None:
    if scenario.fault:
        time.sleep(1)  # so that the fault hits this scenario's call
        httpx.post(
            f"{addresses.simulator}/simulator/faults", json=scenario.fault
        ).raise_for_status()
    response = _post(addresses, scenario.form, scenario.encoding)
    response.raise_for_status()
    lead = int(response.json()["lead_id"])
    watcher.watch(lead, scenario)
    out.print(f"[bold]{scenario.name}[/] → lead {lead} ({translate(scenario.fate, language)})")


def _send_by_door(
    addresses: Addresses, watcher: Watcher, scenario: Scenario, language: str
) -> None:
    """Has a simulated platform send what the person filled in, as the page's button does."""
    url = f"{addresses.gateway}/simulator/leads"
    answer = httpx.post(url, params={"door": scenario.door}, json=scenario.form, timeout=15)
    answer.raise_for_status()
    watcher.strangers.append(scenario)
    text = translate("[bold]{}[/] by {} ({})", language)
    out.print(text.format(scenario.name, scenario.door, translate(scenario.fate, language)))


def _send_test(addresses: Addresses, source: str, language: str) -> int:
    """Returns the status with which the platform's test lead was answered."""
    url = f"{addresses.simulator}/simulator/sources/{source}/forms"
    answer = httpx.post(url, json={"test": True}, timeout=15)
    answer.raise_for_status()
    [status] = answer.json()["answers"]
    text = translate("A test lead of {}: kept, and nobody is contacted", language)
    out.print(text.format(source))
    return int(status)


def _check_tests(addresses: Addresses, statuses: list[int]) -> list[str]:
    """Returns the problems with the platforms' test leads, which are taken and never contacted."""
    problems = []
    if set(statuses) != {200}:
        problems.append(f"the platforms' test leads were answered {statuses}")
    for address in TEST_ADDRESSES:
        resources = ("emails", "calls", "messages")
        if any(_simulator(addresses, resource, address) for resource in resources):
            problems.append(f"a test lead was contacted at {address}")
    return problems


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
    """Watches until everything expected has happened, and a little longer for unexpected events."""
    deadline = time.monotonic() + MAX_WAIT
    while not _is_complete(watcher) and time.monotonic() < deadline:
        watcher.recognise()
        watcher.read()
        time.sleep(0.1)
    quiet_until = time.monotonic() + 2
    while time.monotonic() < quiet_until:
        watcher.read()
        time.sleep(0.1)


def _is_complete(watcher: Watcher) -> bool:
    return not watcher.strangers and not any(_missing(watcher, lead) for lead in watcher.scenarios)


def _missing(watcher: Watcher, lead: int) -> set[str]:
    scenario = watcher.scenarios[lead]
    seen = watcher.seen.get(lead, [])
    touches = (*scenario.touches, *scenario.emails)
    sent = {f"{touch} touch.sent" for touch in touches}
    missing = ({"lead.created", "lead.registered", *scenario.also} | sent) - set(seen)
    if missing:
        return missing
    # a touch of the same name may be expected twice
    enough = sum(action.endswith("touch.sent") for action in seen) >= len(touches)
    return set() if enough else {"a touch"}


def _check(addresses: Addresses, watcher: Watcher, lead: int) -> list[str]:
    """Returns the problems of one lead.

    The audit log may lack an action, or have it twice or in another sequence, and the providers may
    have received more than it records.
    """
    scenario = watcher.scenarios[lead]
    seen = watcher.seen.get(lead, [])
    problems = []
    if missing := _missing(watcher, lead):
        problems.append(f"{scenario.name}: never happened: {', '.join(sorted(missing))}")
    if wrong := set(scenario.never) & set(seen):
        problems.append(f"{scenario.name}: should not have happened: {', '.join(sorted(wrong))}")
    suffix = " touch.sent"
    sent = [action.removesuffix(suffix) for action in seen if action.endswith(suffix)]
    messages = [touch for touch in sent if not touch.endswith("email")]
    if messages != list(scenario.touches):
        problems.append(f"{scenario.name}: sent {messages}, not {list(scenario.touches)}")
    if sorted(touch for touch in sent if touch.endswith("email")) != sorted(scenario.emails):
        problems.append(f"{scenario.name}: sent the emails {sent}, not {list(scenario.emails)}")
    received = _received(addresses, scenario)
    expected = _expected(scenario)
    if received != expected:
        problems.append(f"{scenario.name}: the providers received {received}, not {expected}")
    leads = httpx.get(f"{addresses.simulator}/simulator/kommo", timeout=10).json()["leads"]
    in_kommo = [
        kommo_lead["status_id"] == BOOKED_IN_KOMMO
        for kommo_lead in leads
        if kommo_lead["name"].endswith(f"#{lead}")
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
        "whatsapp": sum(message["to"].startswith("whatsapp:") for message in messages),
        "sms": sum(not message["to"].startswith("whatsapp:") for message in messages),
        "email": len(_simulator(addresses, "emails", scenario.form.get("email", "none"))),
    }


def _expected(scenario: Scenario) -> dict[str, int]:
    touches = (*scenario.touches, *scenario.emails)
    return {
        channel: sum(touch.endswith(channel) for touch in touches)
        for channel in ("call", "whatsapp", "sms", "email")
    }


def _simulator(addresses: Addresses, resource: str, to: str) -> list[dict[str, Any]]:
    url = f"{addresses.simulator}/simulator/{resource}"
    found: list[dict[str, Any]] = httpx.get(url, params={"to": to}, timeout=10).json()
    return found
