"""Runs the system with Docker Compose."""

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

# run inside a service's container: succeeds if the service can reach its servers
READY = (
    "exec 3<>/dev/tcp/127.0.0.1/8000"
    r" && printf 'GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3"
    " && read -r line <&3 && [[ $line == *200* ]]"
)


def engine_answers() -> bool:
    """Returns whether a Docker engine and its compose plugin answer."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            if subprocess.run(command, capture_output=True, timeout=20, check=False).returncode:
                return False
        except (OSError, subprocess.TimeoutExpired):
            return False
    return True


class Compose:
    """One compose project, with `replicas` of each service.

    Its name is `project`, else COMPOSE_PROJECT_NAME, else the one in docker-compose.yml.
    """

    def __init__(
        self, variables: Mapping[str, str], *, project: str = "", replicas: int = 1
    ) -> None:
        self._variables = dict(variables)
        self._replicas = replicas
        self._command = ["docker", "compose", "--progress", "quiet"]
        if project:
            self._command += ["--project-name", project]
        port = {
            name: self._variables.get(variable) or default
            for name, variable, default in (
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
        """Returns the project that `up` starts in this folder.

        Raises SystemExit if another folder's project has its name.
        """
        own = cls(variables)
        name = own.name()
        known = subprocess.run(
            ["docker", "compose", "ls", "--all", "--format", "json"],
            capture_output=True,
            text=True,
            check=True,
        )
        for project in json.loads(known.stdout):
            elsewhere = Path(project["ConfigFiles"].partition(",")[0]).parent
            if project["Name"] == name and elsewhere != PROJECT:
                raise SystemExit(
                    f"{name}: {Obstacle.ANOTHER_COPY}, {elsewhere}. "
                    "Give this copy its own COMPOSE_PROJECT_NAME in .env, and its own ports."
                )
        return own

    @classmethod
    def running(cls, variables: Mapping[str, str]) -> Self:
        """Does as `of_this_folder`. Also raises SystemExit if the project is not running."""
        own = cls.of_this_folder(variables)
        if not own.containers():
            raise SystemExit("Nothing is running. Start it with `pauta up`.")
        return own

    def name(self) -> str:
        """Returns the name that Compose gives the project."""
        return str(json.loads(self._run("config", "--format", "json"))["name"])

    def containers(self) -> list[str]:
        """Returns the ids of the running containers."""
        return self._run("ps", "--quiet").split()

    def start(self) -> None:
        """Builds what changed, starts everything, and returns once all of it is ready.

        Setup runs first. If it refuses, the services that are running are not touched.
        """
        self._run("build", "--quiet", *self._built())
        self._run("up", "--detach", "--no-build", "setup")
        wait_until(self._set_up, "setup: docker compose logs setup", seconds=180)
        scale = [
            f"--scale={name}={self._replicas}" for name in WITH_DATABASES if self._replicas > 1
        ]
        lasting = ["gateway", *WITH_DATABASES]
        if not in_production(self._variables):
            lasting.append("simulator")
        self._run("up", "--detach", "--no-build", "--no-deps", *scale, *lasting)
        self._until_ready()

    def _set_up(self) -> bool:
        """Returns whether setup has finished. Raises SystemExit with its log if it failed."""
        printed = self._run("ps", "--all", "--format", "json", "setup")
        states = [json.loads(line) for line in printed.splitlines() if line.strip()]
        if not states or states[0]["State"] != "exited":
            return False
        if states[0]["ExitCode"]:
            log = self._run("logs", "--no-log-prefix", "--tail", "15", "setup")
            raise SystemExit(f"setup failed:\n{log}")
        return True

    def renew(self) -> bool:
        """Builds our image on the newest patches of its base. Starts nothing.

        Returns False if no registry answered.
        """
        try:
            self._run("pull", "--quiet", "--ignore-buildable")
            self._run("build", "--quiet", "--pull", *self._built())
        except SystemExit:
            self._run("build", "--quiet", *self._built())
            return False
        return True

    def _built(self) -> list[str]:
        """Returns the services whose images are built. All services share the image of `setup`."""
        if in_production(self._variables):
            return ["setup"]
        return ["setup", "simulator"]

    def stop(self, *, forget: bool = False) -> None:
        """Stops everything; `forget` removes the data as well."""
        options = ["--volumes"] if forget else []
        self._run("down", "--remove-orphans", *options)

    def postgres(self, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
        """Starts one of PostgreSQL's programs in its container, as its superuser."""
        inside = ["exec", "--no-TTY", "postgres", program, "--username=postgres", *arguments]
        return subprocess.Popen(
            [*self._command, *inside], cwd=PROJECT, env=os.environ | self._variables, **pipes
        )

    def administer(self, *module: str) -> str:
        """Runs `python -m …` in a container like that of `setup`. Returns its output."""
        return self.inside("setup", *module)

    def inside(self, service: str, *module: str, seconds: float | None = None) -> str:
        """Runs `python -m …` in the container of `service`. Returns its output.

        If `service` is not running, a new container like it is used. Raises SystemExit if the
        command fails, and TimeoutExpired if it takes longer than `seconds`.
        """
        command = ["--no-TTY", service, "python3", "-m", *module]
        if service in self._run("ps", "--services", "--status", "running", seconds=seconds).split():
            # a container that keeps restarting may be gone by now; then the new one is used
            with contextlib.suppress(SystemExit):
                return self._run("exec", *command, seconds=seconds)
        return self._run("run", "--rm", "--no-deps", *command, seconds=seconds)

    def stop_services(self) -> None:
        """Stops the services that use the databases. The servers and the simulator keep running."""
        self._run("stop", *WITH_DATABASES)

    def start_services(self) -> None:
        """Starts them, and returns once all of them are ready."""
        self._run("up", "--detach", "--no-deps", "--no-recreate", *WITH_DATABASES)
        self._until_ready()

    def _until_ready(self) -> None:
        """Asks each replica, because Docker's health checks are half a minute apart.

        Raises NotReady.
        """
        for service in WITH_DATABASES:
            for number in range(self._replicas):
                wait_until(
                    partial(self._ready, service, number + 1),
                    f"{service}: docker compose logs {service}",
                    seconds=150,
                )

    def _ready(self, service: str, number: int) -> bool:
        probe = ["exec", "--no-TTY", f"--index={number}", service, "bash", "-c", READY]
        return not subprocess.run(
            [*self._command, *probe],
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
                f"docker compose {arguments[0]} failed:\n"
                f"{done.stderr[-3000:]}\n{logs.stdout[-6000:]}"
            )
        return done.stdout
