"""One copy of the project in a folder of its own, used as its operator would: by README's commands and by `.env`."""

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

TITLE = "qué pasa"  # of the one table that a refusal prints


class Stumbled(Exception):
    """A step did not go as README says."""


@dataclass
class Installation:
    """`environment` is that of the operator's shell."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def clone(self, commit: str = "HEAD") -> None:
        """As `git clone` leaves it, at this commit."""
        _git(PROJECT, "clone", "--quiet", str(PROJECT), str(self.folder))
        self.check_out(commit)

    def check_out(self, commit: str) -> None:
        _git(self.folder, "checkout", "--quiet", "--force", commit)

    def commit(self) -> str:
        return _git(self.folder, "rev-parse", "HEAD")

    def write_env(self, text: str) -> None:
        (self.folder / ".env").write_text(text)

    def write_golive(self, joined: Path) -> None:
        """Puts in the file that joins this installation to what is outside."""
        (self.folder / "golive.yml").write_text(joined.read_text())

    def actions(self, lead: int | None = None) -> list[dict[str, Any]]:
        """What the console's API says; of one lead, or the newest of all."""
        port, token = (
            self.variables.get("CONSOLE_PORT") or "5001",
            self.variables["CONSOLE_API_TOKEN"],
        )
        answer = httpx.get(
            f"http://127.0.0.1:{port}/api/actions",
            params={"lead_id": lead} if lead is not None else {},
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def pauta(self, *words: str, fails: bool = False) -> str:
        """What `./pauta.sh` prints. Raises Stumbled where it ends otherwise than it should, or with a traceback."""
        return self.run("./pauta.sh", *words, fails=fails)

    def refused(self, *words: str) -> str:
        """What a command prints that must refuse: one table. Raises Stumbled."""
        said = self.pauta(*words, fails=True)
        if said.count(TITLE) != 1:
            raise Stumbled(f"pauta {' '.join(words)} did not print one table:\n{said}")
        return said

    def compose(self, *words: str) -> str:
        return self.run("docker", "compose", *words)

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
            raise Stumbled(
                f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-6000:]}"
            )
        return done.stdout

    @property
    def variables(self) -> Mapping[str, str]:
        return read_env_file(self.folder / ".env")

    def fill_in(self, **values: str) -> None:
        """Writes these values at the end of `.env`, in place of what is there."""
        file = self.folder / ".env"
        text = file.read_text()
        for name, value in values.items():
            text = (
                re.sub(rf"^(?:# )?{name}=.*\n", "", text, flags=re.MULTILINE)
                + f"{name}={quoted(value)}\n"
            )
        file.write_text(text)


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True
    ).stdout.strip()
