"""RabbitMQ, PostgreSQL and Caddy for the tests, in containers or from Debian's packages."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import httpx

from pauta.running.compose_file import PROJECT
from pauta.running.native import Native
from pauta.running.servers import MAX_CONNECTIONS, listens, wait_until

DATA = "/var/lib/postgresql/data"


def let_postgres_in(folder: Path) -> None:
    """Opens a folder of pytest's, and those around it, to the user as whom PostgreSQL runs."""
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o755)


class Server(Protocol):
    """A server that a test may stop, kill and start."""

    def start(self) -> None: ...
    def wait(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class Container:
    """A container with fixed ports, so that its address stays the same after a restart."""

    def __init__(
        self, image: str, ports: Mapping[int, int], environment: Mapping[str, str], **more: Any
    ) -> None:
        os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"  # Ryuk would be one more image to pull
        from testcontainers.core.container import DockerContainer

        self._container = DockerContainer(image).with_kwargs(**more)
        for inside, outside in ports.items():
            bound_ports: dict[str, Any] = self._container.ports
            # with_bind_ports cannot bind to one address only
            bound_ports[f"{inside}/tcp"] = ("127.0.0.1", outside)
        for name, value in environment.items():
            self._container.with_env(name, value)
        self._started = False

    def start(self) -> None:
        if self._started:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._started = True

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def stop(self, seconds: float = 40.0) -> None:
        if self._started:
            self._container.get_wrapped_container().stop(timeout=int(seconds))

    def remove(self) -> None:
        if self._started:
            self._container.stop()

    def exec(self, *command: str) -> bool:
        return bool(self._container.get_wrapped_container().exec_run(list(command)).exit_code == 0)


class PostgresContainer(Container):
    """PostgreSQL in a container. `volume` keeps its data where the container itself must not."""

    def __init__(self, port: int, password: str, volume: str | None = None) -> None:
        more: dict[str, Any] = {"restart_policy": {"Name": "always"}} if volume else {}
        super().__init__("postgres:17", {5432: port}, {"POSTGRES_PASSWORD": password}, **more)
        if volume:
            self._container.with_volume_mapping(volume, DATA, "rw")
        self._container.with_command(f"postgres -c max_connections={MAX_CONNECTIONS}")

    def run(self, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
        inside = ["docker", "exec", "--interactive", self._container.get_wrapped_container().id]
        return subprocess.Popen([*inside, program, "--username=postgres", *arguments], **pipes)

    @property
    def running(self) -> bool:
        return True  # with a volume, the engine's restart policy starts it again

    def wait(self) -> None:
        wait_until(
            lambda: self.exec("pg_isready", "-q", "-U", "postgres", "-h", "127.0.0.1"), "postgres"
        )


class SmallDisk:
    """A small disk for PostgreSQL's data alone.

    With Docker it is a volume that a second container keeps alive, else a file system that root
    mounts.
    """

    def __init__(self, folder: Path, megabytes: int, *, docker: bool) -> None:
        self.folder = folder
        self._data = folder / "postgres"
        self._size = f"size={megabytes}m"
        self.volume = f"pauta-small-disk-{uuid4().hex[:8]}" if docker else None

    def start(self) -> None:
        if self.volume is None:
            self._data.mkdir(parents=True)
            _run("mount", "-t", "tmpfs", "-o", self._size, "tmpfs", str(self._data))
            return
        options = ("type=tmpfs", "device=tmpfs", f"o={self._size}")
        _run("docker", "volume", "create", *(f"--opt={option}" for option in options), self.volume)
        mount = f"--volume={self.volume}:{DATA}"
        _run(
            "docker",
            "run",
            "--detach",
            "--name",
            self.volume,
            mount,
            "--entrypoint",
            "sleep",
            "postgres:17",
            "3600",
        )

    def fill(self) -> None:
        """Fills the disk to the last byte."""
        self._inside(f"dd if=/dev/zero of={self._folder}/ballast bs=4k 2>/dev/null || true")

    def free(self) -> None:
        self._inside(f"rm {self._folder}/ballast")

    def stop(self) -> None:
        if self.volume is None:
            _run("umount", str(self._data))
            return
        _run("docker", "rm", "--force", self.volume)
        _run("docker", "volume", "rm", self.volume)

    @property
    def _folder(self) -> str:
        return DATA if self.volume else str(self._data)

    def _inside(self, command: str) -> None:
        if self.volume:
            _run("docker", "exec", self.volume, "sh", "-c", command)
        else:
            _run("sh", "-c", command)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


class RabbitMQContainer(Container):
    def __init__(self, port: int, management_port: int, password: str) -> None:
        environment = {"RABBITMQ_DEFAULT_USER": "pauta", "RABBITMQ_DEFAULT_PASS": password}
        super().__init__(
            "rabbitmq:4-management",
            {5672: port, 15672: management_port},
            environment,
            hostname="rabbitmq",
        )
        self._probe = f"http://127.0.0.1:{management_port}/api/overview"
        self._auth = httpx.BasicAuth("pauta", password)

    def wait(self) -> None:
        def ready() -> bool:
            try:
                return httpx.get(self._probe, auth=self._auth, timeout=2).status_code == 200
            except httpx.HTTPError:
                return False

        wait_until(ready, "rabbitmq", seconds=90)


class CaddyContainer(Container):
    def __init__(self, port: int, more: Mapping[str, str]) -> None:
        environment = {"GATEWAY_ADDRESS": f"http://:{port}", **more}
        super().__init__("caddy:2", {}, environment, network_mode="host")
        self._container.with_volume_mapping(
            str(PROJECT / "deploy" / "Caddyfile"), "/etc/caddy/Caddyfile", "ro"
        )
        self._port = port

    def wait(self) -> None:
        wait_until(lambda: listens(self._port), "gateway")


class InContainers(Native):
    """The services as processes of this machine, and their servers in containers."""

    volume: str | None = None  # for PostgreSQL's data

    def make_servers(self) -> tuple[Any, Any]:
        postgres, rabbitmq = (self.password_of(name) for name in ("postgres", "rabbitmq"))
        return PostgresContainer(self.ports["postgres"], postgres, self.volume), RabbitMQContainer(
            self.ports["amqp"], self.ports["management"], rabbitmq
        )

    def make_gateway(self, upstreams: Mapping[str, list[int]]) -> Any:
        return CaddyContainer(self.ports["gateway"], self.gateway_environment(upstreams))


def make_native(folder: Path, variables: Mapping[str, str], *, docker: bool) -> Native:
    return InContainers(folder, variables) if docker else Native(folder, variables)
