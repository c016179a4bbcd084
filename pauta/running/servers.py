"""Runs Debian's RabbitMQ, PostgreSQL and Caddy on private ports and in a private folder."""

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pauta.broker_user import write_broker_user

MAX_CONNECTIONS = 300  # as in docker-compose.yml
# first the processes that answer requests, then those of the first contact, then the bookkeeping
NICENESS = {
    "rabbitmq": 15,
    "notify": 17,
    "simulator": 17,
    "crm": 19,
    "console": 19,
    "scheduler": 19,
}
PACKAGES = {"rabbitmq-server": "rabbitmq-server", "caddy": "caddy", "postgresql": "postgresql"}
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class NotReady(Exception):
    """Raised when a server or service did not start in time. Names it and its log."""


def free_ports(count: int) -> list[int]:
    """Returns unused ports, which no other caller of this function gets while this process runs."""
    with contextlib.ExitStack() as stack:
        ports: list[int] = []
        while len(ports) < count:
            candidate = stack.enter_context(socket.socket())
            candidate.bind(("127.0.0.1", 0))
            port = candidate.getsockname()[1]
            if _reserve(port):
                ports.append(port)
        return ports


def _reserve(port: int) -> bool:
    """Locks the port's file while this process runs. Returns False if another process holds it."""
    folder = Path(tempfile.gettempdir()) / f"pauta-ports-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    # closed when this process ends
    lock = os.open(folder / str(port), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    return True


def wait_until(ready: Callable[[], bool], what: str, *, seconds: float = 60.0) -> None:
    """Returns as soon as `ready` holds. Raises NotReady with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise NotReady(what)
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Returns whether a process listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str, headers: Mapping[str, str] | None = None) -> bool:
    """Returns whether `url` answers with a success."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=2) as response:
            return bool(response.status < 300)
    except (urllib.error.URLError, OSError):
        return False


def install_missing() -> None:
    """Installs the servers that are missing, which needs root."""
    install([package for package, present in _present().items() if not present])


def install(missing: Sequence[str]) -> None:
    """Installs Debian packages without starting them as system services. Needs root."""
    if not missing:
        return
    if os.geteuid() != 0:
        raise SystemExit(
            f"Install {' '.join(missing)}, run this once as root, or start a Docker engine."
        )
    print(f"installing {', '.join(missing)} …", flush=True)
    policy = Path("/usr/sbin/policy-rc.d")
    own_policy = not policy.exists()
    if own_policy:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["update", "-q"],
            ["install", "-q", "-y", "--no-install-recommends", *missing],
        ):
            done = subprocess.run(
                ["apt-get", *command], env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise SystemExit(
                    f"apt-get {command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
                )
    finally:
        if own_policy:
            policy.unlink()


def _present() -> dict[str, bool]:
    return {
        "rabbitmq-server": RABBITMQ.exists(),
        "caddy": shutil.which("caddy") is not None,
        "postgresql": bool(_postgres_folders()),
    }


def _postgres_folders() -> list[Path]:
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return sorted(folders, key=lambda folder: int(folder.parent.name))


@dataclass
class Process:
    """One of our processes, with its own process group and its own log."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    folder: Path | None = None
    niceness: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.popen is not None
        return self.popen.pid

    @property
    def running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                ["nice", "-n", str(self.niceness), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment) or None,
                user=self.user,
                group=self.user,
                cwd=self.folder,
                # not a new session: Linux weighs sessions equally, whatever their niceness
                process_group=0,
            )

    def stop(self, seconds: float = 40.0) -> None:
        """Asks the process to end and waits. Kills it after `seconds`."""
        if not self.running:
            return
        assert self.popen is not None
        self.popen.send_signal(self.stop_signal)
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kills the process and its children."""
        if self.popen is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()

    def last_words(self, lines: int = 25) -> str:
        """Returns the last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Postgres(Process):
    """A private cluster on `port`. Its superuser is `postgres` with `password`."""

    def __init__(self, folder: Path, port: int, password: str) -> None:
        self.port = port
        self.data = folder / "postgres"
        self._password = password
        self._bin = _postgres_folders()[-1]
        owner = "postgres" if os.geteuid() == 0 else None
        super().__init__(
            name="postgres",
            command=[
                str(self._bin / "postgres"),
                "-D",
                str(self.data),
                "-p",
                str(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                f"unix_socket_directories={self.data}",
                "-c",
                f"max_connections={MAX_CONNECTIONS}",
            ],
            log=folder / "postgres.log",
            user=owner,
            stop_signal=signal.SIGINT,  # a fast shutdown, which ends sessions instead of waiting
        )

    def start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster()
        super().start()

    def _make_cluster(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        secret = self.data.parent / "postgres-password"
        secret.write_text(self._password)
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(self.data, account.pw_uid, account.pw_gid)
            os.chown(secret, account.pw_uid, account.pw_gid)
        command = [
            str(self._bin / "initdb"),
            "-D",
            str(self.data),
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
            f"--pwfile={secret}",
        ]
        try:
            subprocess.run(
                command,
                user=self.user,
                group=self.user,
                check=True,
                stdout=subprocess.DEVNULL,
                cwd="/",
            )
        finally:
            secret.unlink()

    def wait(self) -> None:
        wait_until(lambda: listens(self.port) and self._accepts(), f"postgres, see {self.log}")

    def run(self, program: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
        """Starts one of PostgreSQL's programs, connected to this server as its superuser."""
        connection = ["--host=127.0.0.1", f"--port={self.port}", "--username=postgres"]
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PGPASSWORD": self._password}
        return subprocess.Popen(
            [str(self._bin / program), *connection, *arguments], env=environment, **pipes
        )

    def _accepts(self) -> bool:
        check = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(check, check=False).returncode == 0


class RabbitMQ(Process):
    """A private node on `port`, with its management page on `management_port`.

    Its administrator is `pauta`.
    """

    def __init__(self, folder: Path, port: int, management_port: int, password: str) -> None:
        self.port = port
        self.management_port = management_port
        self._password = password
        self._folder = folder / "rabbitmq"
        self._epmd_port, distribution = free_ports(2)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "LANG": "C.UTF-8",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_NODENAME": "pauta@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        super().__init__(
            "rabbitmq",
            [str(RABBITMQ)],
            folder / "rabbitmq.log",
            environment,
            niceness=NICENESS["rabbitmq"],
        )
        self._epmd = Process(
            "epmd", ["epmd", "-port", str(self._epmd_port)], folder / "epmd.log", environment
        )

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        (self._folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        definitions = self._folder / "definitions.json"
        write_broker_user(definitions, self._password)
        (self._folder / "rabbitmq.conf").write_text(
            f"load_definitions = {definitions}\nloopback_users.guest = true\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.management_port}\n"
        )
        if not self._epmd.running:
            self._epmd.start()
            wait_until(lambda: listens(self._epmd_port), "epmd")
        super().start()

    @property
    def companion(self) -> Process:
        """Erlang's name server, which must run as long as the node."""
        return self._epmd

    def wait(self) -> None:
        wait_until(
            lambda: listens(self.port) and listens(self.management_port),
            f"rabbitmq, see {self.log}",
        )

    def stop(self, seconds: float = 40.0) -> None:
        super().stop(seconds)
        self._epmd.kill()


class Caddy(Process):
    """The gateway on `port`, with deploy/Caddyfile."""

    def __init__(
        self, folder: Path, port: int, caddyfile: Path, upstreams: Mapping[str, str]
    ) -> None:
        self.port = port
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder / "caddy"),
            "XDG_CONFIG_HOME": str(folder / "caddy"),
            "GATEWAY_ADDRESS": f"http://:{port}",
            **upstreams,
        }
        command = ["caddy", "run", "--config", str(caddyfile), "--adapter", "caddyfile"]
        super().__init__("gateway", command, folder / "gateway.log", environment)

    def wait(self) -> None:
        wait_until(lambda: listens(self.port), f"gateway, see {self.log}")
