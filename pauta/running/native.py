"""Runs the system of docker-compose.yml as plain processes, with its own ports and folder."""

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
    """The URLs of the running system."""

    gateway: str
    console: str
    simulator: str
    scheduler: str
    rabbitmq: str


class Native:
    """One system in `folder`.

    `variables` are those of `.env`. `ports` are given for a system that already runs.
    """

    def __init__(
        self,
        folder: Path,
        variables: Mapping[str, str],
        *,
        ports: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.folder = folder
        self._variables = dict(variables)
        self.ports = dict(
            zip((*SERVICES, "postgres", "amqp"), free_ports(len(SERVICES) + 2), strict=True)
        )
        for name, variable, default in (
            ("gateway", "GATEWAY_PORT", 5000),
            ("management", "RABBITMQ_MANAGEMENT_PORT", 15672),
            ("console", "CONSOLE_PORT", 5001),
            ("simulator", "SIMULATOR_PORT", 5002),
            ("scheduler", "SCHEDULER_PORT", 5003),
        ):
            self.ports[name] = int(self._variables.get(variable) or default)
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
        """Starts everything in order and returns once all of it answers. Raises NotReady."""
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
        """Starts PostgreSQL and RabbitMQ, and creates in them what the services need."""
        install_missing()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)  # PostgreSQL's user must pass through; no other user may read it
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
        postgres, rabbitmq = (self.password_of(name) for name in ("postgres", "rabbitmq"))
        return Postgres(self.folder, self.ports["postgres"], postgres), RabbitMQ(
            self.folder, self.ports["amqp"], self.ports["management"], rabbitmq
        )

    def password_of(self, server: str) -> str:
        """Returns the password of a server's administrator."""
        return self._variables.get(f"{server.upper()}_PASSWORD") or f"{server}-demo"

    def make_gateway(self, upstreams: Mapping[str, list[int]]) -> Caddy:
        caddyfile = PROJECT / "deploy" / "Caddyfile"
        return Caddy(
            self.folder, self.ports["gateway"], caddyfile, self.gateway_environment(upstreams)
        )

    def gateway_environment(self, upstreams: Mapping[str, list[int]]) -> dict[str, str]:
        """Returns the services' addresses and the trusted proxies, for the gateway."""
        addresses = {
            name: " ".join(f"127.0.0.1:{port}" for port in ports)
            for name, ports in upstreams.items()
        }
        return addresses | {"TRUSTED_PROXIES": self._variables.get("TRUSTED_PROXIES", "")}

    def recipes(self) -> dict[str, Recipe]:
        """Returns Compose's recipes with this machine's addresses instead of container names."""
        servers = {
            "DATABASE_HOST": "127.0.0.1",
            "DATABASE_PORT": str(self.ports["postgres"]),
            "AMQP_HOST": "127.0.0.1",
            "AMQP_PORT": str(self.ports["amqp"]),
        }
        ports = {
            "rabbitmq:15672": self.ports["management"],
            "gateway:5000": self.ports["gateway"],
            **{f"{name}:8000": self.ports[name] for name in SERVICES},
        }
        moved = {}
        for name, recipe in read_recipes(self._variables | servers).items():
            environment = dict(recipe.environment)
            for address, port in ports.items():
                environment = {
                    variable: value.replace(f"//{address}", f"//127.0.0.1:{port}")
                    for variable, value in environment.items()
                }
            moved[name] = Recipe(name, recipe.command, environment)
        return moved

    def administer(self, *module: str) -> str:
        """Runs `python -m …` with the administrator's addresses. Returns its output.

        Raises SystemExit if it fails.
        """
        return self.inside("setup", *module)

    def inside(self, service: str, *module: str, seconds: float | None = None) -> str:
        """Runs `python -m …` with the environment of `service`. Returns its output.

        Raises SystemExit if it fails, and TimeoutExpired if it takes longer than `seconds`.
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
        """Starts one process of service `name` on `port`."""
        command = [sys.executable, "-m", *recipe.command]
        command[command.index("--host") + 1] = "127.0.0.1"
        command[command.index("--port") + 1] = str(port)
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
        environment = {
            name: os.environ[name]
            for name in ("PATH", "HOME", "LANG", "SSL_CERT_FILE")
            if name in os.environ
        }
        environment |= recipe.environment
        if "ACTIONS_LOG_PATH" in recipe.environment:
            environment["ACTIONS_LOG_PATH"] = str(self.folder / "actions_log.json")
        environment["PYTHONUNBUFFERED"] = "1"
        return environment

    def stop(self) -> None:
        """Stops everything, the last started first."""
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()

    def remember(self) -> None:
        """Records the running processes and their ports for later commands."""
        processes = list(self.processes)
        processes += [
            process.companion for process in self.processes if isinstance(process, RabbitMQ)
        ]
        _write_record(self.folder, self.ports, [_remembered(process) for process in processes])

    @classmethod
    def remembered(cls, folder: Path, variables: Mapping[str, str]) -> Self:
        """Returns the system that `up` started. Raises SystemExit if there is none."""
        record = _read_record(folder)
        if record is None:
            raise SystemExit("Nothing is running. Start it with `pauta up`.")
        return cls(folder, variables, ports=record["ports"])

    def stop_services(self) -> None:
        """Stops the services of a recorded system that use the databases.

        The servers and the simulator keep running.
        """
        for entry in reversed(self._running()):
            if entry["name"] in WITH_DATABASES:
                _end(entry)

    def start_services(self) -> None:
        """Starts the services of a recorded system that use the databases."""
        recipes = self.recipes()
        fresh = [
            self.start_service(name, recipes[name], self.ports[name]) for name in WITH_DATABASES
        ]
        others = [entry for entry in self._running() if entry["name"] not in WITH_DATABASES]
        _write_record(self.folder, self.ports, [*others, *map(_remembered, fresh)])
        for name in WITH_DATABASES:
            self.wait_for(name, self.ports[name])

    def _running(self) -> list[dict[str, Any]]:
        record = _read_record(self.folder)
        return record["processes"] if record else []

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def stop_remembered(folder: Path) -> bool:
    """Stops the processes that `remember` recorded. Returns False if none is running.

    A pid that now belongs to another process is not touched.
    """
    record = _read_record(folder)
    if record is None:
        return False
    alive = [entry for entry in reversed(record["processes"]) if _alive(entry)]
    for entry in sorted(alive, key=lambda entry: entry["name"] == "epmd"):  # the name server last
        _end(entry)
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


def _alive(entry: Mapping[str, Any]) -> bool:
    return _born(entry["pid"]) == str(entry["born"])


def _end(entry: Mapping[str, Any]) -> None:
    """Asks a recorded process to end and waits. Kills it after 40 seconds."""
    deadline = time.monotonic() + 40
    if _alive(entry):
        with contextlib.suppress(ProcessLookupError):
            os.kill(entry["pid"], signal.Signals(entry["signal"]))
    while _alive(entry):
        if time.monotonic() > deadline:
            os.killpg(entry["pid"], signal.SIGKILL)
        time.sleep(0.05)


def _born(pid: int) -> str | None:
    """Returns when the process started, in kernel ticks, or None for a missing or dead process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]
