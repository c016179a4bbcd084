"""The system by Docker Compose."""

import contextlib
import json
import os
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self

from pauta.running.compose_file import PROJECT, in_production
from pauta.running.native import WITH_DATABASES, Addresses
from pauta.running.servers import wait_until
from pauta.startup_errors import Obstacle

# whether a service can reach its servers, asked from inside its container
READY = (
    r"exec 3<>/dev/tcp/127.0.0.1/8000 && printf 'GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3"
    " && read -r line <&3 && [[ $line == *200* ]]"
)


def engine_answers() -> bool:
    """Whether a Docker engine and its compose plugin answer."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            if subprocess.run(command, capture_output=True, timeout=20, check=False).returncode:
                return False
        except (OSError, subprocess.TimeoutExpired):
            return False
    return True


class Compose:
    """One compose project, with so many `replicas` of each service.

    Its name is COMPOSE_PROJECT_NAME, else what docker-compose.yml says, unless `project` is given.
    """

    def __init__(
        self, variables: Mapping[str, str], *, project: str = "", replicas: int = 1
    ) -> None:
        self._variables, self._replicas = dict(variables), replicas
        self._command = ["docker", "compose", "--progress", "quiet"]
        self._command += ["--project-name", project] if project else []
        port = {
            name: self._variables.get(variable) or usual
            for name, variable, usual in (
                ("gateway", "GATEWAY_PORT", "5000"),
                ("console", "CONSOLE_PORT", "5001"),
                ("simulator", "SIMULATOR_PORT", "5002"),
                ("scheduler", "SCHEDULER_PORT", "5003"),
                ("rabbitmq", "RABBITMQ_MANAGEMENT_PORT", "15672"),
            )
        }
        self.addresses = Addresses(
            gateway=f"http://localhost:{port['gateway']}",
            console=f"http://127.0.0.1:{port['console']}",
            simulator=f"http://127.0.0.1:{port['simulator']}",
            scheduler=f"http://127.0.0.1:{port['scheduler']}",
            rabbitmq=f"http://127.0.0.1:{port['rabbitmq']}",
        )

    @classmethod
    def of_this_folder(cls, variables: Mapping[str, str]) -> Self:
        """The project that `up` starts here. Raises SystemExit where its name is that of another folder's project."""
        here = cls(variables)
        name = here.name()
        known = subprocess.run(
            ["docker", "compose", "ls", "--all", "--format", "json"],
            capture_output=True,
            text=True,
            check=True,
        )
        for project in json.loads(known.stdout):
            elsewhere = Path(project["ConfigFiles"].partition(",")[0]).parent
            if project["Name"] == name and elsewhere != PROJECT:
                advice = "Give this copy a name of its own, COMPOSE_PROJECT_NAME in .env, and ports of its own."
                raise SystemExit(f"{name}: {Obstacle.ANOTHER_COPY}, {elsewhere}. {advice}")
        return here

    @classmethod
    def running(cls, variables: Mapping[str, str]) -> Self:
        """As `of_this_folder`. Raises SystemExit also where nothing of it runs."""
        here = cls.of_this_folder(variables)
        if not here.containers():
            raise SystemExit("Nothing is running: pauta up")
        return here

    def name(self) -> str:
        """What Compose calls the project."""
        return str(json.loads(self._run("config", "--format", "json"))["name"])

    def containers(self) -> list[str]:
        """The ids of those that run."""
        return self._run("ps", "--quiet").split()

    def start(self) -> None:
        """Builds what changed, starts everything, and returns when all of it is ready."""
        self._run("build", "--quiet", *self._built())
        scale = [
            f"--scale={name}={self._replicas}" for name in WITH_DATABASES if self._replicas > 1
        ]
        self._run("up", "--detach", "--no-build", *scale)
        self._until_ready()

    def renew(self) -> bool:
        """Builds our image upon the newest patches; nothing is started. False where no registry answered for these."""
        try:
            self._run("pull", "--quiet", "--ignore-buildable")
            self._run("build", "--quiet", "--pull", *self._built())
        except SystemExit:
            self._run("build", "--quiet", *self._built())
            return False
        return True

    def _built(self) -> list[str]:
        """Those whose images are built: one stands for every service."""
        return ["setup"] if in_production(self._variables) else ["setup", "simulator"]

    def stop(self, *, forget: bool = False) -> None:
        """Stops everything; `forget` removes the data as well."""
        self._run("down", "--remove-orphans", *(["--volumes"] if forget else []))

    def postgres(self, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
        """Starts one of PostgreSQL's programs in its container, as its superuser."""
        inside = ["exec", "--no-TTY", "postgres", program, "--username=postgres", *arguments]
        return subprocess.Popen(
            [*self._command, *inside], cwd=PROJECT, env=os.environ | self._variables, **pipes
        )

    def administer(self, *module: str) -> str:
        """Runs `python -m …` in a container like that of `setup`; what it printed."""
        return self.inside("setup", *module)

    def inside(self, service: str, *module: str, seconds: float | None = None) -> str:
        """Runs `python -m …` in the container of `service`, or where it does not run in one like it; what it printed.

        Raises SystemExit when it fails, and TimeoutExpired when it takes longer than `seconds`.
        """
        command = ["--no-TTY", service, "python3", "-m", *module]
        if service in self._run("ps", "--services", "--status", "running", seconds=seconds).split():
            with contextlib.suppress(
                SystemExit
            ):  # one that ends again and again is not there for long
                return self._run("exec", *command, seconds=seconds)
        return self._run("run", "--rm", "--no-deps", *command, seconds=seconds)

    def stop_services(self) -> None:
        """Stops what works with the databases; the servers, and the simulator, stay."""
        self._run("stop", *WITH_DATABASES)

    def start_services(self) -> None:
        """Starts them again, and returns when all of them are healthy."""
        self._run("up", "--detach", "--no-deps", "--no-recreate", *WITH_DATABASES)
        self._until_ready()

    def _until_ready(self) -> None:
        """Asks each replica itself, for Docker's own looks are half a minute apart. Raises NotReady."""
        for service in WITH_DATABASES:
            for number in range(self._replicas):
                wait_until(
                    partial(self._ready, service, number + 1),
                    f"{service}: docker compose logs {service}",
                    seconds=150,
                )

    def _ready(self, service: str, number: int) -> bool:
        asks = ["exec", "--no-TTY", f"--index={number}", service, "bash", "-c", READY]
        return not subprocess.run(
            [*self._command, *asks],
            cwd=PROJECT,
            env=os.environ | self._variables,
            capture_output=True,
            check=False,
        ).returncode

    def _run(self, *arguments: str, seconds: float | None = None) -> str:
        environment = os.environ | self._variables
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        if done.returncode:
            logs = subprocess.run(
                [*self._command, "logs", "--tail", "15"],
                cwd=PROJECT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=seconds,
            )
            raise SystemExit(
                f"docker compose {arguments[0]} failed:\n{done.stderr[-3000:]}\n{logs.stdout[-6000:]}"
            )
        return done.stdout
