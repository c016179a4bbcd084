"""The services outside the installations: the providers, and a proxy that terminates TLS."""

import hashlib
import hmac
import json
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.golive.installation import Installation, StepFailed

HERE = Path(__file__).parent
HOSTS = ("leads.test", "copy.test", "providers.test")
ROOT = "proxy:/data/caddy/pki/authorities/local/root.crt"
TOUCHES = {"/Calls.json": "call", "/Messages.json": "message", "/smtp/email": "mail"}


class Outside:
    """The providers and the proxy. The proxy's root certificate is copied to `authority`."""

    def __init__(self, served: Installation, authority: Path) -> None:
        self._served = served
        self.authority = authority
        self._command = ["docker", "compose", "--file", str(HERE / "outside.yml")]
        self._command += [
            "--project-name",
            "pauta-golive-outside",
            "--env-file",
            str(served.folder / ".env"),
        ]

    def start(self) -> None:
        """Starts both. The providers accept the accounts in the installation's `.env`."""
        self._run("up", "--detach")
        until(self._has_root, "the proxy has no root certificate")
        self.authority.chmod(0o644)
        self._run("restart", "--timeout", "1", "simulator")  # reads the certificate at its start
        self._trust = ssl.create_default_context(cafile=str(self.authority))

    def stop(self) -> None:
        self._run("down", "--volumes", "--timeout", "2")

    def post(self, host: str, path: str, body: Mapping[str, Any], **headers: str) -> httpx.Response:
        """Posts to a public address through the proxy."""
        return self._ask("POST", host, path, content=json.dumps(body), headers=headers)

    def form(self, host: str, form: Mapping[str, str]) -> int:
        """Posts the form and returns the lead's id. Raises StepFailed if it is not accepted."""
        answer = self.post(host, "/api/lead", form)
        if not answer.is_success:  # the previous version answers 202
            raise StepFailed(f"{host} answers a form with {answer.status_code}: {answer.text}")
        return int(answer.json()["lead_id"])

    def book(self, host: str, body: Mapping[str, Any], secret: str) -> httpx.Response:
        """Posts a booking as Cal.com would, signed if there is a secret."""
        if not secret:
            return self.post(host, "/api/calcom", body)
        signature = hmac.new(secret.encode(), json.dumps(body).encode(), hashlib.sha256).hexdigest()
        return self.post(host, "/api/calcom", body, **{"x-cal-signature-256": signature})

    def touches(self, since: float = 0.0) -> list[tuple[str, float]]:
        """Returns kind and time of each call, message and mail requested after `since`."""
        requests = self._ask("GET", "providers.test", "/simulator/requests").json()
        recent = [
            request for request in requests if request["method"] == "POST" and request["at"] > since
        ]
        touches: list[tuple[str, float]] = []
        for request in recent:
            for path, kind in TOUCHES.items():
                if request["path"].endswith(path):
                    touches.append((kind, request["at"]))
        return touches

    def docker_options(self) -> str:
        """Returns the options by which a container finds and trusts the services outside."""
        hosts = [f"--add-host={name}:127.0.0.1" for name in HOSTS]
        trust = [
            f"--volume={self.authority}:/run/authority.crt:ro",
            "--env=SSL_CERT_FILE=/run/authority.crt",
        ]
        return " ".join([*hosts, *trust])

    def _ask(
        self,
        method: str,
        host: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        with httpx.Client(verify=self._trust, timeout=20) as http:
            return http.request(
                method,
                f"https://127.0.0.1{path}",
                headers={"Host": host, "Content-Type": "application/json", **(headers or {})},
                extensions={"sni_hostname": host},
                **more,
            )

    def _has_root(self) -> bool:
        copied = subprocess.run(
            [*self._command, "cp", ROOT, str(self.authority)], capture_output=True, check=False
        )
        return copied.returncode == 0

    def _run(self, *arguments: str) -> None:
        environment = os.environ | {
            "GOLIVE_IMAGE": self._served.environment["COMPOSE_PROJECT_NAME"]
        }
        done = subprocess.run(
            [*self._command, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StepFailed(f"docker compose {' '.join(arguments)}:\n{done.stderr}")


def until(ready: Callable[[], bool], otherwise: str, *, seconds: float = 60.0) -> None:
    """Returns as soon as `ready` is true. Raises StepFailed after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise StepFailed(otherwise)
        time.sleep(0.2)


def a_key() -> str:
    return f"{uuid4().hex}{uuid4().hex}"
