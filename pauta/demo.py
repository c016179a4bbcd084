"""The demonstration: leads of every fate through the public address, watched live and checked at the end."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
from rich.console import Console

from pauta.running.compose import Compose
from pauta.running.native import Addresses, Native
from pauta.running.servers import free_ports, listens

PATIENCE = 60.0
out = Console(highlight=False, soft_wrap=True)

COLOURS = {"failed": "red", "skipped": "yellow", "uncertain": "yellow", "opted_out": "yellow", "unanswered": "yellow"}


@dataclass(frozen=True)
class Guest:
    """A person who fills in the form, and what must have happened in the end, in any order."""

    name: str
    form: dict[str, str]
    fate: str
    actions: frozenset[str]
    calls: int = 1
    whatsapps: int = 0
    texts: int = 0
    emails: int = 1
    encoding: str = "json"


EMAIL = {"email touch.sent", "email touch.delivered"}
CALL = {"lead.created", "lead.registered", "call touch.sent"}
WHATSAPP = {"whatsapp touch.sent", "whatsapp touch.delivered"}
NO_WHATSAPP = {"whatsapp touch.sent", "whatsapp touch.failed", "sms touch.sent", "sms touch.delivered"}


def _guest(name: str, digits: str, fate: str, *actions: set[str], **more: Any) -> Guest:
    form = {
        "nombre": name,
        "email": f"{name.split(maxsplit=1)[0].lower()}.{digits}@example.com",
        "telefono": f"551234{digits}",
    }
    form |= {"servicio": "Implementación IA", "fuente": "Demostración"}
    return Guest(name, form, fate, frozenset[str]().union({"lead.created", "lead.registered"}, *actions), **more)


GUESTS = (
    _guest("Ana Torres", "0000", "listens to the invitation", EMAIL, CALL, {"call.answered"}),
    _guest(
        *("Beto Ruiz", "0010", "presses 1 and gets the link by WhatsApp"),
        *(EMAIL, CALL, {"call.answered", "reply.received"}, WHATSAPP),
        whatsapps=1,
        encoding="form",
    ),
    _guest(
        *("Carla Díaz", "0020", "does not answer: WhatsApp"),
        *(EMAIL, CALL, {"call.unanswered"}, WHATSAPP),
        whatsapps=1,
        encoding="multipart",
    ),
    _guest(
        *("Diego Luna", "0031", "is on the phone, has no WhatsApp: SMS"),
        *(EMAIL, CALL, {"call.unanswered"}, NO_WHATSAPP),
        whatsapps=1,
        texts=1,
    ),
    _guest("Elena Cruz", "0040", "gets a voicemail: WhatsApp", EMAIL, CALL, {"call.unanswered"}, WHATSAPP, whatsapps=1),
    _guest(
        *("Fer Soto", "0025", "answers BAJA: nothing more"),
        *(EMAIL, CALL, {"call.unanswered", "lead.opted_out"}, WHATSAPP),
        whatsapps=1,
    ),
    _guest("Hugo Paz", "0090", "has a number that Twilio refuses", EMAIL, {"call touch.failed"}, calls=0),
)
MAILBOX_ONLY = Guest(
    "Gabi Mora",
    {"nombre": "Gabi Mora", "email": "bounce.gabi@example.com"},
    "left no phone, and the mailbox bounces",
    frozenset({"lead.created", "lead.registered", "email touch.sent", "email touch.failed", "call touch.skipped"}),
    calls=0,
)
LOST_ANSWER = _guest(
    *("Iris Vega", "0050", "Twilio takes the call but its answer is lost: looked up, not repeated"),
    *(EMAIL, CALL, {"call touch.uncertain", "call.unanswered"}, WHATSAPP),
    whatsapps=1,
)


class System(Protocol):
    addresses: Addresses

    def start(self) -> None: ...


@dataclass
class Watcher:
    """Reads the audit log as it grows, and prints each action with its time since the lead arrived."""

    addresses: Addresses
    names: dict[int, str] = field(default_factory=dict)
    seen: dict[int, list[str]] = field(default_factory=dict)
    _arrived: dict[int, datetime] = field(default_factory=dict)
    _last: int = 0

    def read(self) -> None:
        url = f"{self.addresses.console}/api/actions"
        for action in httpx.get(url, params={"after": self._last}, timeout=10).json():
            self._last = action["id"]
            self._show(action)

    def _show(self, action: dict[str, Any]) -> None:
        lead, at, detail = action["lead_id"], datetime.fromisoformat(action["at"]), action["detail"]
        since = (at - self._arrived.setdefault(lead, at)).total_seconds()
        channel = detail.get("channel", "") if action["action"].startswith("touch.") else ""
        what = f"{channel} {action['action']}".strip()
        self.seen.setdefault(lead, []).append(what)
        more = detail.get("reason") or detail.get("intent") or ""
        colour = COLOURS.get(action["action"].partition(".")[2], "green")
        name = self.names.get(lead, str(lead))
        out.print(f"  +{since:7.3f} s  {name:<12} [{colour}]{what:<22}[/] {more}")


def run(*, docker: bool) -> bool:
    """True when everything that should have happened did, and nothing else."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pauta-demo-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as a user of its own
        system = _compose() if docker else Native(Path(folder) / "system", _variables())
        out.print(f"[bold]Starting Pauta[/] with {'Docker Compose' if docker else 'plain processes'} …")
        try:
            system.start()
            _say_where(system.addresses, time.monotonic() - began)
            problems = _play(system.addresses)
        finally:
            if isinstance(system, Compose):
                system.stop(forget=True)
            else:
                system.stop()
    for problem in problems:
        out.print(f"[red bold]✗[/] {problem}")
    took = time.monotonic() - began
    out.print(
        f"[bold]{'Something is wrong.' if problems else 'Everything happened as it should.'}[/] {took:.0f} s in all."
    )
    return not problems


def _variables() -> dict[str, str]:
    """Free ports, where the usual ones are taken, and the sandbox whatever `.env` says."""
    usual = {"GATEWAY_PORT": 5000, "CONSOLE_PORT": 5001, "SANDBOX_PORT": 5002, "RABBITMQ_MANAGEMENT_PORT": 15672}
    others = free_ports(len(usual))
    ports = {
        name: str(free if listens(port) else port) for (name, port), free in zip(usual.items(), others, strict=True)
    }
    return ports | {"PUBLIC_BASE_URL": f"http://localhost:{ports['GATEWAY_PORT']}", "UNCERTAIN_CHECKS": "2,5,10"}


def _compose() -> Compose:
    empty = Path(os.devnull)
    return Compose("pauta-demo", _variables() | {"COMPOSE_ENV_FILES": str(empty)})


def _say_where(addresses: Addresses, seconds: float) -> None:
    out.print(f"Up after {seconds:.1f} s. Public address {addresses.gateway}, actions {addresses.console}/api/actions,")
    out.print(
        f"sandbox {addresses.sandbox}/sandbox/calls, RabbitMQ management {addresses.rabbitmq} (pauta / rabbitmq-demo)\n"
    )


def _play(addresses: Addresses) -> list[str]:
    watcher = Watcher(addresses)
    guests = {_send(addresses, watcher, guest): guest for guest in (*GUESTS, MAILBOX_ONLY)}
    _settle(watcher, lambda: all(guest.actions <= set(watcher.seen.get(lead, [])) for lead, guest in guests.items()))
    fault = {"provider": "twilio", "kind": "lose", "method": "POST", "path": "/Calls.json"}
    httpx.post(f"{addresses.sandbox}/sandbox/faults", json=fault).raise_for_status()
    iris = _send(addresses, watcher, LOST_ANSWER)
    guests[iris] = LOST_ANSWER
    again = _post(addresses, GUESTS[0].form, "json")
    wrong = _post(addresses, {"nombre": "", "telefono": "123", "email": "nada"}, "json")
    _settle(watcher, lambda: LOST_ANSWER.actions <= set(watcher.seen.get(iris, [])))
    out.print()
    problems = [problem for lead, guest in guests.items() for problem in _check(addresses, watcher, lead, guest)]
    ana = next(iter(guests))
    if again.json().get("lead_id") != ana:
        problems.append(f"Ana's second form was answered {again.text}, not with lead {ana}")
    out.print(f"Ana's second form within a day: {again.status_code} {again.text} – the same lead, no second welcome")
    if wrong.status_code != 422 or {e["field"] for e in wrong.json()["errors"]} != {"nombre", "telefono", "email"}:
        problems.append(f"a form full of mistakes was answered {wrong.status_code} {wrong.text}")
    out.print(
        f"A form full of mistakes: {wrong.status_code} {json.dumps(wrong.json()['errors'], ensure_ascii=False)}\n"
    )
    return problems


def _send(addresses: Addresses, watcher: Watcher, guest: Guest) -> int:
    response = _post(addresses, guest.form, guest.encoding)
    response.raise_for_status()
    lead = int(response.json()["lead_id"])
    watcher.names[lead] = guest.name
    out.print(f"[bold]{guest.name}[/] → lead {lead} ({guest.fate})")
    return lead


def _post(addresses: Addresses, form: dict[str, str], encoding: str) -> httpx.Response:
    url = f"{addresses.gateway}/api/lead"
    match encoding:
        case "form":
            return httpx.post(url, data=form, timeout=15)
        case "multipart":
            return httpx.post(url, files={name: (None, value) for name, value in form.items()}, timeout=15)
        case _:
            return httpx.post(url, json=form, timeout=15)


def _settle(watcher: Watcher, done: Callable[[], bool]) -> None:
    """Watches until `done`, and a little longer for what should not come."""
    deadline = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < deadline:
        watcher.read()
        time.sleep(0.1)
    quiet_until = time.monotonic() + 1.5
    while time.monotonic() < quiet_until:
        watcher.read()
        time.sleep(0.1)


def _check(addresses: Addresses, watcher: Watcher, lead: int, guest: Guest) -> list[str]:
    """What the audit log lacks or has twice, and what the companies received that they should not have."""
    problems = []
    seen = watcher.seen.get(lead, [])
    if missing := guest.actions - set(seen):
        problems.append(f"{guest.name}: never happened: {', '.join(sorted(missing))}")
    if extra := set(seen) - guest.actions - {"lead.returned"}:
        problems.append(f"{guest.name}: should not have happened: {', '.join(sorted(extra))}")
    if doubled := {what for what in seen if seen.count(what) > 1}:
        problems.append(f"{guest.name}: happened twice: {', '.join(sorted(doubled))}")
    phone = f"+52{guest.form['telefono']}" if "telefono" in guest.form else "none"
    messages = _sandbox(addresses, "messages", phone)
    received = {
        "calls": len(_sandbox(addresses, "calls", phone)),
        "whatsapps": sum(one["to"].startswith("whatsapp:") for one in messages),
        "texts": sum(not one["to"].startswith("whatsapp:") for one in messages),
        "emails": len(_sandbox(addresses, "emails", guest.form["email"])),
    }
    for what, count in received.items():
        if count != getattr(guest, what):
            problems.append(f"{guest.name}: {count} {what} reached the provider, not {getattr(guest, what)}")
    in_kommo = httpx.get(f"{addresses.sandbox}/sandbox/kommo").json()["leads"]
    if sum(one["name"].endswith(f"#{lead}") for one in in_kommo) != 1:
        problems.append(f"{guest.name}: not exactly one lead in Kommo")
    return problems


def _sandbox(addresses: Addresses, what: str, to: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{addresses.sandbox}/sandbox/{what}", params={"to": to}, timeout=10).json()
    return found
