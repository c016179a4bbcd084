"""docker-compose.yml, read: the one description of the processes, also where there is no Docker."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[2]
_INNERMOST = re.compile(r"\$\{(\w+)(?::-([^${}]*))?\}")


@dataclass(frozen=True)
class Recipe:
    """How one service is started: its command and its whole environment."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def read_recipes(variables: Mapping[str, str]) -> dict[str, Recipe]:
    """The services that run our own code, with `${NAME:-default}` filled in from `variables`."""
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    return {
        name: Recipe(name, tuple(block["command"]), _fill_all(block.get("environment") or {}, variables))
        for name, block in compose["services"].items()
        if block["image"] == "pauta"
    }


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a `.env`; nothing where there is no file."""
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#") and "=" in line)
    return {name.strip(): _unquoted(value.strip()) for name, _, value in pairs}


def variables() -> dict[str, str]:
    """What `.env` says, and over it this process's environment."""
    return read_env_file(PROJECT / ".env") | dict(os.environ)


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return re.sub(r"\s+#.*$", "", value)


def _fill_all(environment: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    return {name: fill(str(value), variables) for name, value in environment.items()}


def fill(text: str, variables: Mapping[str, str]) -> str:
    """`text` with every `${NAME:-default}` replaced, the inner ones first; empty counts as unset."""
    while (filled := _INNERMOST.sub(lambda m: variables.get(m[1]) or m[2] or "", text)) != text:
        text = filled
    return text
