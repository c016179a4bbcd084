"""The system as plain processes: what docker-compose.yml says, on ports and in a folder of its own."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from pauta.running.compose_file import PROJECT, Recipe, read_recipes
from pauta.running.servers import (
    NICENESS,
    Caddy,
    Postgres,
    Process,
    RabbitMQ,
    answers,
    free_ports,
    install_missing,
    wait_until,
)

WITH_DATABASES = ("intake", "crm", "notify", "scheduler", "console")
SERVICES = (*WITH_DATABASES, "simulator")
BEHIND_THE_GATEWAY = ("intake", "crm", "notify", "console", "simulator")


@dataclass(frozen=True)
class Addresses:
    """Where the running system answers."""

    gateway: str
    console: str
    simulator: str
    scheduler: str
    rabbitmq: str


class Native:
    """One system in `folder`. `variables` are those of `.env`; `ports` are known of one that runs already."""

    def __init__(
        self,
        folder: Path,
        variables: Mapping[str, str],
        *,
        ports: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.folder, self._variables = folder, dict(variables)
        self.ports = dict(
            zip((*SERVICES, "postgres", "amqp"), free_ports(len(SERVICES) + 2), strict=True)
        )
        for name, variable, usual in (
            ("gateway", "GATEWAY_PORT", 5000),
            ("management", "RABBITMQ_MANAGEMENT_PORT", 15672),
            ("console", "CONSOLE_PORT", 5001),
            ("simulator", "SIMULATOR_PORT", 5002),
            ("scheduler", "SCHEDULER_PORT", 5003),
        ):
            self.ports[name] = int(self._variables.get(variable) or usual)
        self.ports |= ports
        self._variables.setdefault("PUBLIC_BASE_URL", f"http://localhost:{self.ports['gateway']}")
        self._variables.setdefault(
            "BOOKING_URL", f"http://localhost:{self.ports['simulator']}/cal/demo/reunion"
        )
        self.addresses = Addresses(
            gateway=f"http://localhost:{self.ports['gateway']}",
            console=f"http://127.0.0.1:{self.ports['console']}",
            simulator=f"http://127.0.0.1:{self.ports['simulator']}",
            scheduler=f"http://127.0.0.1:{self.ports['scheduler']}",
            rabbitmq=f"http://127.0.0.1:{self.ports['management']}",
        )
        self.processes: list[Process] = []

    def start(self) -> None:
        """Starts everything in order and returns when all of it answers. Raises NotReady."""
        self.start_servers()
        recipes = self.recipes()
        for name in self._wanted():
            self.start_service(name, recipes[name], self.ports[name])
        caddy = self.make_gateway(
            {f"{name.upper()}_UPSTREAM": [self.ports[name]] for name in BEHIND_THE_GATEWAY}
        )
        self.processes.append(caddy)
        caddy.start()
        caddy.wait()
        for name in self._wanted():
            self.wait_for(name, self.ports[name])

    def start_servers(self) -> None:
        """Starts PostgreSQL and RabbitMQ, and makes in them what the services need."""
        install_missing()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)  # PostgreSQL's user passes through it; nobody else reads anything
        servers = self.make_servers()
        for server in servers:
            self.processes.append(server)
            server.start()
        for server in servers:
            server.wait()
        self.administer("pauta", "setup")

    def _wanted(self) -> list[str]:
        return [
            name
            for name in SERVICES
            if name != "simulator" or self._variables.get("SIMULATOR_REPLICAS") != "0"
        ]

    def make_servers(self) -> tuple[Postgres, RabbitMQ]:
        postgres = Postgres(
            self.folder,
            self.ports["postgres"],
            self._variables.get("POSTGRES_PASSWORD") or "postgres-demo",
        )
        rabbitmq = RabbitMQ(
            self.folder,
            self.ports["amqp"],
            self.ports["management"],
            self._variables.get("RABBITMQ_PASSWORD") or "rabbitmq-demo",
        )
        return postgres, rabbitmq

    def make_gateway(self, upstreams: Mapping[str, list[int]]) -> Caddy:
        caddyfile = PROJECT / "deploy" / "Caddyfile"
        return Caddy(
            self.folder, self.ports["gateway"], caddyfile, self.gateway_environment(upstreams)
        )

    def gateway_environment(self, upstreams: Mapping[str, list[int]]) -> dict[str, str]:
        """Where the gateway finds the services, and whom it believes."""
        there = {
            name: " ".join(f"127.0.0.1:{port}" for port in ports)
            for name, ports in upstreams.items()
        }
        return there | {"TRUSTED_PROXIES": self._variables.get("TRUSTED_PROXIES", "")}

    def recipes(self) -> dict[str, Recipe]:
        """Compose's recipes, with this machine's addresses in place of the containers' names."""
        servers = {
            "DATABASE_HOST": "127.0.0.1",
            "DATABASE_PORT": str(self.ports["postgres"]),
            "AMQP_HOST": "127.0.0.1",
            "AMQP_PORT": str(self.ports["amqp"]),
        }
        places = {
            "rabbitmq:15672": self.ports["management"],
            "gateway:5000": self.ports["gateway"],
            **{f"{name}:8000": self.ports[name] for name in SERVICES},
        }
        moved = {}
        for name, recipe in read_recipes(self._variables | servers).items():
            environment = dict(recipe.environment)
            for place, port in places.items():
                environment = {
                    k: v.replace(f"//{place}", f"//127.0.0.1:{port}")
                    for k, v in environment.items()
                }
            moved[name] = Recipe(name, recipe.command, environment)
        return moved

    def administer(self, *module: str) -> str:
        """Runs `python -m …` with the administrator's addresses; what it printed. Raises SystemExit when it fails."""
        return self.inside("setup", *module)

    def inside(self, service: str, *module: str, seconds: float | None = None) -> str:
        """Runs `python -m …` with the environment of `service`; what it printed.

        Raises SystemExit when it fails, and TimeoutExpired when it takes longer than `seconds`.
        """
        done = subprocess.run(
            [sys.executable, "-m", *module],
            env=self._environment(self.recipes()[service]),
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        if done.returncode:
            raise SystemExit(
                f"{' '.join(module)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            )
        return done.stdout

    def postgres(self, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
        """Starts one of PostgreSQL's programs against this system's server."""
        return self.make_servers()[0].run(program, *arguments, **pipes)

    def start_service(
        self, name: str, recipe: Recipe, port: int, *, log_name: str | None = None
    ) -> Process:
        """One process of service `name` on `port`."""
        command = [sys.executable, "-m", *recipe.command]
        command[command.index("--host") + 1], command[command.index("--port") + 1] = (
            "127.0.0.1",
            str(port),
        )
        process = Process(
            log_name or name,
            command,
            self.folder / f"{log_name or name}.log",
            self._environment(recipe),
            folder=PROJECT,
            niceness=NICENESS.get(name, 0),
        )
        process.start()
        self.processes.append(process)
        return process

    def wait_for(self, name: str, port: int) -> None:
        probe = "/healthz" if name == "simulator" else "/readyz"
        wait_until(
            lambda: answers(f"http://127.0.0.1:{port}{probe}"),
            f"{name}, see {self.folder / name}.log",
            seconds=60,
        )

    def _environment(self, recipe: Recipe) -> dict[str, str]:
        kept = {
            name: os.environ[name]
            for name in ("PATH", "HOME", "LANG", "SSL_CERT_FILE")
            if name in os.environ
        }
        paths = (
            {"ACTIONS_LOG_PATH": str(self.folder / "actions_log.json")}
            if "ACTIONS_LOG_PATH" in recipe.environment
            else {}
        )
        return {**kept, **recipe.environment, **paths, "PYTHONUNBUFFERED": "1"}

    def stop(self) -> None:
        """Stops everything, the last started first."""
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()

    def remember(self) -> None:
        """Writes down what runs, and where, for later commands."""
        all_of_them = [
            *self.processes,
            *(p.companion for p in self.processes if isinstance(p, RabbitMQ)),
        ]
        _write_record(self.folder, self.ports, [_remembered(process) for process in all_of_them])

    @classmethod
    def remembered(cls, folder: Path, variables: Mapping[str, str]) -> Self:
        """The system that `up` started. Raises SystemExit when there is none."""
        record = _read_record(folder)
        if record is None:
            raise SystemExit("Nothing is running: pauta up")
        return cls(folder, variables, ports=record["ports"])

    def stop_services(self) -> None:
        """Stops what works with the databases in a remembered system; the servers, and the simulator, stay."""
        for one in reversed(self._running()):
            if one["name"] in WITH_DATABASES:
                _end(one)

    def start_services(self) -> None:
        """Starts in a remembered system what works with the databases."""
        recipes = self.recipes()
        fresh = [
            self.start_service(name, recipes[name], self.ports[name]) for name in WITH_DATABASES
        ]
        others = [one for one in self._running() if one["name"] not in WITH_DATABASES]
        _write_record(self.folder, self.ports, [*others, *map(_remembered, fresh)])
        for name in WITH_DATABASES:
            self.wait_for(name, self.ports[name])

    def _running(self) -> list[dict[str, Any]]:
        record = _read_record(self.folder)
        return record["processes"] if record else []

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def stop_remembered(folder: Path) -> bool:
    """Stops what `remember` wrote down; False when nothing of it runs. A pid that is another's now is left alone."""
    record = _read_record(folder)
    if record is None:
        return False
    alive = [one for one in reversed(record["processes"]) if _alive(one)]
    for one in sorted(alive, key=lambda one: one["name"] == "epmd"):  # the name server last
        _end(one)
    _record(folder).unlink()
    return len(alive) > 0


def _record(folder: Path) -> Path:
    return folder / "running.json"


def _read_record(folder: Path) -> dict[str, Any] | None:
    record = _record(folder)
    return dict(json.loads(record.read_text())) if record.exists() else None


def _write_record(folder: Path, ports: Mapping[str, int], processes: list[dict[str, Any]]) -> None:
    _record(folder).write_text(json.dumps({"ports": ports, "processes": processes}, indent=1))


def _remembered(process: Process) -> dict[str, Any]:
    return {
        "name": process.name,
        "pid": process.pid,
        "signal": int(process.stop_signal),
        "born": _born(process.pid),
    }


def _alive(one: Mapping[str, Any]) -> bool:
    return _born(one["pid"]) == str(one["born"])


def _end(one: Mapping[str, Any]) -> None:
    """Asks a remembered process to end and waits; ends it by force after 40 seconds."""
    deadline = time.monotonic() + 40
    if _alive(one):
        with contextlib.suppress(ProcessLookupError):
            os.kill(one["pid"], signal.Signals(one["signal"]))
    while _alive(one):
        if time.monotonic() > deadline:
            os.killpg(one["pid"], signal.SIGKILL)
        time.sleep(0.05)


def _born(pid: int) -> str | None:
    """When the process began, in the kernel's ticks; None for none, or for one that has ended and not been buried."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]
