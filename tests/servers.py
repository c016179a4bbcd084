"""RabbitMQ, PostgreSQL and Caddy for the tests: containers where a Docker engine answers, else Debian's."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import httpx

from pauta.running.native import Native
from pauta.running.recipe import PROJECT
from pauta.running.servers import MAX_CONNECTIONS, listens, wait_until


class Server(Protocol):
    """What a test may do to a server."""

    def start(self) -> None: ...
    def wait(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class Container:
    """One container with fixed ports, so that it is found again after a restart."""

    def __init__(self, image: str, ports: Mapping[int, int], environment: Mapping[str, str], **more: Any) -> None:
        os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"  # its image is one more to have
        from testcontainers.core.container import DockerContainer

        self._container = DockerContainer(image).with_kwargs(**more)
        for inside, outside in ports.items():
            ports_with_address: dict[str, Any] = self._container.ports  # with_bind_ports knows no address
            ports_with_address[f"{inside}/tcp"] = ("127.0.0.1", outside)
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
    def __init__(self, port: int, password: str) -> None:
        super().__init__("postgres:17", {5432: port}, {"POSTGRES_PASSWORD": password})
        self._container.with_command(f"postgres -c max_connections={MAX_CONNECTIONS}")

    def run(self, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
        inside = ["docker", "exec", "--interactive", self._container.get_wrapped_container().id]
        return subprocess.Popen([*inside, program, "--username=postgres", *arguments], **pipes)

    def wait(self) -> None:
        wait_until(lambda: self.exec("pg_isready", "-q", "-U", "postgres", "-h", "127.0.0.1"), "postgres")


class RabbitMQContainer(Container):
    def __init__(self, port: int, management_port: int, password: str) -> None:
        environment = {"RABBITMQ_DEFAULT_USER": "pauta", "RABBITMQ_DEFAULT_PASS": password}
        super().__init__(
            "rabbitmq:4-management", {5672: port, 15672: management_port}, environment, hostname="rabbitmq"
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
        self._container.with_volume_mapping(str(PROJECT / "deploy" / "Caddyfile"), "/etc/caddy/Caddyfile", "ro")
        self._port = port

    def wait(self) -> None:
        wait_until(lambda: listens(self._port), "gateway")


class InContainers(Native):
    """Our processes on this machine, their servers in containers."""

    def make_servers(self) -> tuple[Any, Any]:
        postgres = PostgresContainer(self.ports["postgres"], "postgres-demo")
        return postgres, RabbitMQContainer(self.ports["amqp"], self.ports["management"], "rabbitmq-demo")

    def make_gateway(self, upstreams: Mapping[str, list[int]]) -> Any:
        return CaddyContainer(self.ports["gateway"], self.gateway_environment(upstreams))


def make_native(folder: Path, variables: Mapping[str, str], *, docker: bool) -> Native:
    return InContainers(folder, variables) if docker else Native(folder, variables)
