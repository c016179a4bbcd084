"""The whole system for the tests: two replicas of each service, the gateway, the simulator."""

import asyncio
import hmac
import itertools
import json
import re
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aio_pika
import asyncpg
import httpx

from contracts.message import Message
from pauta.running.compose_file import Recipe
from pauta.running.native import BEHIND_THE_GATEWAY, Native
from pauta.running.servers import Process, RabbitMQ, free_ports, install_missing
from tests.servers import Container, make_native

REPLICATED = ("intake", "crm", "notify", "scheduler", "console")
SERVERS = ("postgres", "rabbitmq")


def password_of(user: str) -> str:
    """Returns the password of a server's administrator, or of a service's user on both servers."""
    return f"{user}-of-the-tests"


EXAMPLE_SECRET = "example-secret-do-not-use"  # of tests/unit/sources/examples
SIGNING = ("TYPEFORM", "TALLY", "WEBFLOW")

HASTY = {
    **{f"{user.upper()}_PASSWORD": password_of(user) for user in (*SERVERS, *REPLICATED)},
    "RETRY_DELAYS": "0.3,1,2,5,5,5,5",
    "UNCERTAIN_CHECKS": "1,2,3",
    "TOUCH_LEASE": "5",
    "PROVIDER_TIMEOUT": "2",
    "RECEIPT_TIMEOUT": "3",
    "KOMMO_TIMEOUT": "3",
    "KOMMO_CHECK_DELAYS": "1,2",
    "LEAD_RATE_LIMIT": "1000000/minute",
    "SIMULATOR_RING_SECONDS": "0.2",
    "SIMULATOR_TALK_SECONDS": "0.2",
    "KEY_TIMEOUT": "10",
    "CALL_EVENTS_AFTER": "14",
    "SIMULATOR_EVENTS_SECONDS": "3",
    "ALLOWED_ORIGINS": "https://www.example.com",
    "FORM_REDIRECT_URL": "https://www.example.com/gracias",
    "JOURNEY_PATH": str(Path(__file__).parent / "e2e" / "journey.yml"),
    "CALCOM_POLL_SECONDS": "2",
    "BACKLOG_HOLD": "5",
    "BACKLOG_PER_SECOND": "20",
    "OPENING_SPREAD": "0",
    "PERMIT_SECONDS": "10",
    "TRUSTED_PROXIES": "private_ranges",
    "DAILY_SPENDING_CAP": "1000000",
    "CAP_PREFIX_HOUR": "1000000",
    "CAP_DOOR_HOUR": "1000000",
    "CAP_DOOR_DAY": "1000000",
    "KOMMO_FIELD_ID_EMPRESA": "500101",
    "KOMMO_FIELD_ID_SERVICIO": "500102",
    "KOMMO_FIELD_ID_FUENTE": "500103",
    "KOMMO_FIELDS": "presupuesto=500104",
    "KOMMO_ROBOT_STAGES": "60000005",
    # the platforms' examples are signed with the second of each
    **{f"{name}_SECRET": f"sandbox-{name.lower()}-secret,{EXAMPLE_SECRET}" for name in SIGNING},
    "META_APP_SECRET": f"sandbox-meta-app-secret,{EXAMPLE_SECRET}",
    "GOOGLE_LEAD_KEY": "sandbox-google-key,example-google-key",
    "META_BACKFILL_SECONDS": "3",
    "SOURCE_RATE_LIMIT": "1000000/minute",
}
NO_CHANGES: Mapping[str, str] = MappingProxyType({})
CITIES = ("55", "33", "81")  # ten thousand people each
PAGE = 1000  # actions of the log that the console answers at once
_numbers = itertools.count(2000)


class System:
    """Starts the system, talks to it from outside, and breaks parts of it."""

    def __init__(
        self, folder: Path, *, docker: bool, variables: Mapping[str, str] = NO_CHANGES
    ) -> None:
        names = (
            "GATEWAY_PORT",
            "CONSOLE_PORT",
            "SIMULATOR_PORT",
            "SCHEDULER_PORT",
            "RABBITMQ_MANAGEMENT_PORT",
        )
        ports = {name: str(port) for name, port in zip(names, free_ports(len(names)), strict=True)}
        self.native: Native = make_native(folder, {**HASTY, **ports, **variables}, docker=docker)
        self.replicas: dict[str, list[tuple[Process, int]]] = {}
        self.servers: list[Any] = []
        self.http = httpx.AsyncClient(timeout=20)

    def start(self) -> None:
        if not isinstance(self.native.make_servers()[0], Container):
            install_missing()
        self.native.folder.mkdir(parents=True, exist_ok=True)
        self.native.folder.chmod(0o755)
        self.postgres, self.rabbitmq = self.make_servers()
        self.servers += [self.postgres, self.rabbitmq]
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait()
        recipes = self.native.recipes()
        self.native.administer("pauta", "setup")
        simulator = self.recipe_of("simulator", recipes["simulator"])
        self.native.start_service("simulator", simulator, self.native.ports["simulator"])
        for name in REPLICATED:
            second = free_ports(1)[0]
            self.replicas[name] = [
                (
                    self.native.start_service(
                        name,
                        self.recipe_of(f"{name}-{number}", recipes[name]),
                        port,
                        log_name=f"{name}-{number}",
                    ),
                    port,
                )
                for number, port in enumerate((self.native.ports[name], second))
            ]
        ports = {name: [port for _, port in replicas] for name, replicas in self.replicas.items()}
        ports["simulator"] = [self.native.ports["simulator"]]
        upstreams = {f"{name.upper()}_UPSTREAM": ports[name] for name in BEHIND_THE_GATEWAY}
        gateway = self.native.make_gateway(upstreams)
        self.servers.append(gateway)
        gateway.start()
        gateway.wait()
        self.native.wait_for("simulator", self.native.ports["simulator"])
        for name in REPLICATED:
            self.wait_for(name)

    def make_servers(self) -> tuple[Any, Any]:
        """Returns PostgreSQL and RabbitMQ, not started yet."""
        return self.native.make_servers()

    def recipe_of(self, replica: str, recipe: Recipe) -> Recipe:
        """Returns the recipe that one replica is started with."""
        return recipe

    def wait_for(self, name: str) -> None:
        for _, port in self.replicas[name]:
            self.native.wait_for(name, port)

    def stop(self) -> None:
        self.native.stop()
        for server in reversed(self.servers):
            server.remove() if isinstance(server, Container) else server.stop()

    def kill(self, name: str) -> None:
        """Sends SIGKILL to every replica of a service."""
        for process, _ in self.replicas[name]:
            process.kill()

    def restart(self, name: str) -> None:
        for process, _ in self.replicas[name]:
            process.start()
        self.wait_for(name)

    def logs(self) -> str:
        return "\n".join(
            path.read_text(errors="replace") for path in self.native.folder.glob("*.log")
        )

    # ---- requests from outside

    async def post(self, form: dict[str, Any], **more: Any) -> httpx.Response:
        return await self.http.post(f"{self.native.addresses.gateway}/api/lead", json=form, **more)

    async def lead(self, form: dict[str, Any]) -> int:
        """Posts the form and returns the id of the accepted lead."""
        response = await self.post(form)
        assert response.status_code == 200, response.text
        return int(response.json()["lead_id"])

    async def simulator(self, resource: str, to: str = "") -> Any:
        url = f"{self.native.addresses.simulator}/simulator/{resource}"
        return (await self.http.get(url, params={"to": to} if to else {})).json()

    async def inject_fault(self, **fault: Any) -> None:
        url = f"{self.native.addresses.simulator}/simulator/faults"
        response = await self.http.post(url, json=fault)
        response.raise_for_status()

    async def clear_faults(self) -> None:
        await self.http.delete(f"{self.native.addresses.simulator}/simulator/faults")

    async def calendar(self, path: str, method: str = "POST", **body: Any) -> Any:
        """Acts as somebody in the simulated Cal.com, and returns its answer."""
        url = f"{self.native.addresses.simulator}/simulator/calcom/{path}".rstrip("/")
        response = await self.http.request(method, url, json=body)
        response.raise_for_status()
        return response.json() if response.content else None

    async def book(
        self, form: dict[str, Any], *, days: float = 3, minutes: float = 30, **more: Any
    ) -> str:
        """Follows the link in the welcome email, takes a slot, and returns its uid."""
        [email, *_] = await self.simulator("emails", form["email"])
        [link] = set(re.findall(r"https?://\S+/cal/\S+", email["text"]))
        start = datetime.now(UTC) + timedelta(days=days)
        booking = await self.calendar(
            "book", link=link, start=start.isoformat(), minutes=minutes, **more
        )
        return str(booking["uid"])

    async def webhook(
        self, body: Any, *, signature: str | None = None, sign: bool = True, timeout: float = 20.0
    ) -> httpx.Response:
        """Posts a webhook to the public address, signed unless `sign` is false."""
        raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        if sign and signature is None:
            signature = hmac.new(b"calcom-webhook-demo", raw, "sha256").hexdigest()
        headers = {"Content-Type": "application/json"} | (
            {"X-Cal-Signature-256": signature} if signature else {}
        )
        url = f"{self.native.addresses.gateway}/api/calcom"
        return await self.http.post(url, content=raw, headers=headers, timeout=timeout)

    async def timers(self, lead: int) -> dict[str, datetime]:
        """Returns when each of the lead's pending steps is due."""
        connection = await self.connect("scheduler")
        try:
            rows = await connection.fetch(
                """select step, due_at from timers
                   where lead_id = $1 and state = 'pending'
                   order by due_at, id""",
                lead,
            )
        finally:
            await connection.close()
        return {row["step"]: row["due_at"] for row in rows}

    async def planned(self, lead: int, *steps: str) -> None:
        """Waits until exactly these steps are pending."""
        timers: dict[str, datetime] = {}

        async def matches() -> bool:
            nonlocal timers
            timers = await self.timers(lead)
            return set(timers) == set(steps)

        await self.until(
            matches, lambda: f"lead {lead}: wanted {steps} pending, saw {list(timers)}"
        )

    async def let_pass(self, lead: int, step: str) -> None:
        """Makes the step due now, as if the days until it had passed."""
        await self.sql(
            "scheduler",
            """update timers set due_at = now(), planned_at = now()
               where lead_id = $1 and step = $2 and state = 'pending' returning true""",
            lead,
            step,
        )

    async def kommo_lead(self, lead: int) -> dict[str, Any]:
        state = await self.simulator("kommo")
        [found] = [
            kommo_lead for kommo_lead in state["leads"] if kommo_lead["name"].endswith(f"#{lead}")
        ]
        return dict(found)

    async def in_stage(self, lead: int, status_id: int) -> None:
        """Waits until Kommo shows the lead in this stage."""

        async def there() -> bool:
            leads = (await self.simulator("kommo"))["leads"]
            return any(
                kommo_lead["name"].endswith(f"#{lead}") and kommo_lead["status_id"] == status_id
                for kommo_lead in leads
            )

        await self.until(there, lambda: f"lead {lead} never came to stage {status_id}")

    async def actions(self, lead: int) -> list[str]:
        """Returns the lead's entries of the audit log: `call touch.sent`, `lead.registered` …"""
        url = f"{self.native.addresses.console}/api/actions"
        found: list[dict[str, Any]] = []
        page = (await self.http.get(url, params={"lead_id": lead})).json()
        while page:
            found += page
            after = {"lead_id": lead, "after": page[-1]["id"]}
            page = (await self.http.get(url, params=after)).json() if len(page) == PAGE else []
        return [_entry(action) for action in found]

    async def happens(self, lead: int, *expected: str, seconds: float = 30.0) -> list[str]:
        """Waits until the audit log has all of `expected`, and returns the lead's entries."""
        actions: list[str] = []

        async def there() -> bool:
            nonlocal actions
            actions = await self.actions(lead)
            return set(expected) <= set(actions)

        await self.until(
            there, lambda: f"lead {lead}: wanted {expected}, saw {actions}", seconds=seconds
        )
        return actions

    async def until(
        self,
        ready: Callable[[], Awaitable[bool]],
        otherwise: Callable[[], str],
        *,
        seconds: float = 30.0,
    ) -> None:
        deadline = time.monotonic() + seconds
        while not await ready():
            assert time.monotonic() < deadline, otherwise()
            await asyncio.sleep(0.1)

    async def quiet(self) -> None:
        """Waits until nothing is in an outbox, a queue or a lease, twice in a row."""
        idle_checks = 0

        async def empty() -> bool:
            waiting = [
                await self.sql(name, "select count(*) from outbox where failed_at is null")
                for name in REPLICATED
            ]
            busy = await self.sql(
                "notify",
                """select count(*) from touches where state = 'sending'
                     or (state = 'planned' and reason is distinct from 'deferred' and scope is null)
                     or (state = 'uncertain' and check_at is not null)""",
            )
            nonlocal idle_checks
            idle = not (any(waiting) or busy or any(await self.depths()))
            idle_checks = idle_checks + 1 if idle else 0
            return idle_checks > 1

        await self.until(empty, lambda: "the system does not come to rest", seconds=60)

    async def depths(self) -> list[int]:
        """Returns the messages ready in each queue, without the dead-letter queues.

        The queues are asked directly, because the management API lags.
        """
        queues = (await self.management("GET", "/queues?columns=name")).json()
        names = [queue["name"] for queue in queues]
        async with await aio_pika.connect(self.broker_url()) as connection:
            channel = await connection.channel()
            waiting = [
                await channel.declare_queue(n, passive=True)
                for n in names
                if not n.endswith(".dead")
            ]
        return [queue.declaration_result.message_count or 0 for queue in waiting]

    async def publish(self, message: Message) -> None:
        """Publishes the message as the administrator."""
        async with await aio_pika.connect(self.broker_url()) as connection:
            exchange = await (await connection.channel()).get_exchange(message.exchange)
            body = message.model_dump_json().encode()
            lead = str(message.lead_id)
            await exchange.publish(
                aio_pika.Message(body, correlation_id=lead, message_id=str(message.event_id)),
                message.routing_key,
            )

    async def management(self, method: str, path: str, **more: Any) -> httpx.Response:
        auth = httpx.BasicAuth("pauta", password_of("rabbitmq"))
        return await self.http.request(
            method, f"{self.native.addresses.rabbitmq}/api{path}", auth=auth, **more
        )

    async def rabbitmqctl(self, *command: str) -> None:
        """Runs rabbitmqctl with these arguments."""
        if isinstance(self.rabbitmq, Container):
            assert await asyncio.to_thread(self.rabbitmq.exec, "rabbitmqctl", *command)
            return
        assert isinstance(self.rabbitmq, RabbitMQ)
        call = ["/usr/lib/rabbitmq/bin/rabbitmqctl", "-n", "pauta@localhost", *command]
        await asyncio.to_thread(
            subprocess.run,
            call,
            env=dict(self.rabbitmq.environment),
            check=True,
            capture_output=True,
        )

    def broker_url(self, user: str = "pauta") -> str:
        """Returns RabbitMQ's URL for a service's user, or for the administrator."""
        server = "rabbitmq" if user == "pauta" else user
        return f"amqp://{user}:{password_of(server)}@127.0.0.1:{self.native.ports['amqp']}/"

    def database_url(self, database: str, user: str = "postgres") -> str:
        """Returns PostgreSQL's URL for a service's user, or for the administrator."""
        port = self.native.ports["postgres"]
        return f"postgresql://{user}:{password_of(user)}@127.0.0.1:{port}/{database}"

    async def connect(self, database: str, user: str = "postgres") -> Any:
        return await asyncpg.connect(self.database_url(database, user), timeout=10)

    async def sql(self, database: str, query: str, *arguments: Any) -> Any:
        """Runs the query as the administrator, and returns its first value."""
        connection = await self.connect(database)
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()


def _entry(action: dict[str, Any]) -> str:
    """Returns the action's name, with its channel where it is about a touch."""
    if not action["action"].startswith("touch"):
        return str(action["action"])
    return f"{action['detail'].get('channel', '')} {action['action']}".strip()


def person(call: int = 0, message: int = 0, **changes: Any) -> dict[str, Any]:
    """Returns a form of a new person.

    The simulator reads the outcome of calls and messages in the number's last two digits.
    """
    number = next(_numbers)
    city, rest = divmod(number, 10_000)
    form = {
        "nombre": f"Persona Número{number}",
        "email": f"p{number}@example.com",
        "telefono": f"{CITIES[city]}{rest:04}00{call}{message}",
    }
    return form | {"empresa": "Demo SA", "servicio": "IA", "fuente": "Prueba"} | changes


def e164(form: dict[str, Any]) -> str:
    return f"+52{form['telefono']}"


def received(form: dict[str, Any], calls: Any, messages: Any, emails: Any) -> dict[str, int]:
    """Returns how often each channel reached the person."""
    phone = e164(form) if form.get("telefono") else "nobody"
    return {
        "calls": sum(call["to"] == phone for call in calls),
        "whatsapp": sum(message["to"] == f"whatsapp:{phone}" for message in messages),
        "sms": sum(message["to"] == phone for message in messages),
        "emails": sum(email["to"] == form.get("email") for email in emails),
    }


async def everything_received(
    system: System, forms: Iterable[dict[str, Any]]
) -> list[dict[str, int]]:
    """Returns for each person how often each channel reached them."""
    calls = await system.simulator("calls")
    messages = await system.simulator("messages")
    emails = await system.simulator("emails")
    return [received(form, calls, messages, emails) for form in forms]


def lines(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]
