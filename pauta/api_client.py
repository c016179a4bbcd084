"""Speaks to the running system through the doors that only this machine can open."""

import getpass
from typing import Any

import httpx

from pauta.running.compose_file import variables


def ask_console(method: str, path: str, **content: Any) -> Any:
    """The console's answer. Raises SystemExit, with what it says, when it refuses or does not answer."""
    return _ask("console", "CONSOLE_PORT", 5001, method, path, **content)


def ask_scheduler(method: str, path: str, **content: Any) -> Any:
    """The scheduler's answer. Raises SystemExit, with what it says, when it refuses or does not answer."""
    return _ask("scheduler", "SCHEDULER_PORT", 5003, method, path, **content)


def operator() -> str:
    """Who gives the order: the name this machine knows them by."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "?"


def _ask(service: str, variable: str, usual: int, method: str, path: str, **content: Any) -> Any:
    settings = variables()
    url = f"http://127.0.0.1:{settings.get(variable) or usual}{path}"
    token = settings.get(f"{service.upper()}_API_TOKEN", "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        response = httpx.request(method, url, timeout=60, headers=headers, **content)
    except httpx.HTTPError as error:
        raise SystemExit(
            f"The {service} does not answer at {url} ({type(error).__name__}). Is it up?"
        ) from error
    if response.is_error:
        raise SystemExit(f"The {service} says {response.status_code}: {response.text[:500]}")
    return response.json() if response.content else None
