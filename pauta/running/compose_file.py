"""Reads docker-compose.yml, which describes the processes with and without Docker."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pauta.running.env_file import fill, read_env_file

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Recipe:
    """The command and the complete environment that start one service."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def read_recipes(variables: Mapping[str, str]) -> dict[str, Recipe]:
    """Returns the services that run our own code, with `${NAME:-default}` filled in.

    In the profile of production, deploy/compose.production.yml overrides the environments.
    """
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    production: Mapping[str, Any] = {}
    if variables.get("PAUTA_PROFILE") == "production":
        production = _read_production()["services"]
    recipes = {}
    for name, block in compose["services"].items():
        if "build" in block:
            own = production.get(name, {}).get("environment", {})
            environment = _fill_all({**(block.get("environment") or {}), **own}, variables)
            recipes[name] = Recipe(name, tuple(block["command"]), environment)
    return recipes


class _ComposeLoader(yaml.SafeLoader):
    """Reads past the tags by which Compose merges files, such as !override."""


_ComposeLoader.add_multi_constructor("!", lambda _loader, _tag, _node: None)


def _read_production() -> Any:
    text = (PROJECT / "deploy" / "compose.production.yml").read_text()
    return yaml.load(text, Loader=_ComposeLoader)  # noqa: S506 - a safe loader


def in_production(variables: Mapping[str, str]) -> bool:
    """Returns whether real accounts are used, and not the simulator."""
    return (
        variables.get("PAUTA_PROFILE") == "production" or variables.get("SIMULATOR_REPLICAS") == "0"
    )


def variables() -> dict[str, str]:
    """Returns the variables of `.env`, overridden by this process's environment."""
    return read_env_file(PROJECT / ".env") | dict(os.environ)


def _fill_all(environment: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    return {name: fill(str(value), variables) for name, value in environment.items()}
