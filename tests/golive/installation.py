"""One copy of the project in its own folder, used as an operator would: commands and `.env`."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pauta.running.compose_file import PROJECT
from pauta.running.env_file import quoted, read_env_file

TITLE = "qué pasa"  # a column of the table that a refused command prints


class StepFailed(Exception):
    """A step did not go as README.es.md describes."""


@dataclass
class Installation:
    """A copy of the project. `environment` is that of the operator's shell."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def clone(self, commit: str = "HEAD") -> None:
        """Clones the project at this commit."""
        _git(PROJECT, "clone", "--quiet", str(PROJECT), str(self.folder))
        self.check_out(commit)

    def check_out(self, commit: str) -> None:
        _git(self.folder, "checkout", "--quiet", "--force", commit)

    def commit(self) -> str:
        return _git(self.folder, "rev-parse", "HEAD")

    def write_env(self, text: str) -> None:
        (self.folder / ".env").write_text(text)

    def write_golive(self, joined: Path) -> None:
        """Copies the file that connects this installation to the services outside."""
        (self.folder / "golive.yml").write_text(joined.read_text())

    def actions(self, lead: int | None = None) -> list[dict[str, Any]]:
        """Returns the actions in the console's API: of one lead, or the newest of all."""
        port = self.variables.get("CONSOLE_PORT") or "5001"
        token = self.variables["CONSOLE_API_TOKEN"]
        answer = httpx.get(
            f"http://127.0.0.1:{port}/api/actions",
            params={"lead_id": lead} if lead is not None else {},
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def pauta(self, *arguments: str, fails: bool = False) -> str:
        """Runs `./pauta.sh` and returns its output.

        Raises StepFailed on the wrong exit status, or on a traceback.
        """
        return self.run("./pauta.sh", *arguments, fails=fails)

    def refused(self, *arguments: str) -> str:
        """Runs a command that must be refused with one table. Raises StepFailed if it is not."""
        output = self.pauta(*arguments, fails=True)
        if output.count(TITLE) != 1:
            raise StepFailed(f"pauta {' '.join(arguments)} did not print one table:\n{output}")
        return output

    def compose(self, *arguments: str) -> str:
        return self.run("docker", "compose", *arguments)

    def run(self, *command: str, fails: bool = False) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        if (done.returncode != 0) is not fails or "Traceback" in done.stdout:
            raise StepFailed(
                f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-6000:]}"
            )
        return done.stdout

    @property
    def variables(self) -> Mapping[str, str]:
        return read_env_file(self.folder / ".env")

    def fill_in(self, **values: str) -> None:
        """Writes these values at the end of `.env`, and removes their old lines."""
        file = self.folder / ".env"
        text = file.read_text()
        for name, value in values.items():
            text = re.sub(rf"^(?:# )?{name}=.*\n", "", text, flags=re.MULTILINE)
            text += f"{name}={quoted(value)}\n"
        file.write_text(text)


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()
