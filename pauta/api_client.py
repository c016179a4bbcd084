"""Calls the HTTP APIs of console and scheduler, which listen on this machine only."""

import getpass
from typing import Any

import httpx

from pauta.running.compose_file import variables


def ask_console(method: str, path: str, **content: Any) -> Any:
    """Returns the console's answer. Raises SystemExit if it refuses or does not answer."""
    return _ask("console", "CONSOLE_PORT", 5001, method, path, **content)


def ask_scheduler(method: str, path: str, **content: Any) -> Any:
    """Returns the scheduler's answer. Raises SystemExit if it refuses or does not answer."""
    return _ask("scheduler", "SCHEDULER_PORT", 5003, method, path, **content)


def operator() -> str:
    """Returns the operator's user name on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "?"


def _ask(
    service: str, variable: str, default_port: int, method: str, path: str, **content: Any
) -> Any:
    settings = variables()
    url = f"http://127.0.0.1:{settings.get(variable) or default_port}{path}"
    token = settings.get(f"{service.upper()}_API_TOKEN", "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        response = httpx.request(method, url, timeout=60, headers=headers, **content)
    except httpx.HTTPError as error:
        raise SystemExit(
            f"The {service} does not answer at {url} ({type(error).__name__}). Is it running?"
        ) from error
    if response.is_error:
        raise SystemExit(f"The {service} answers {response.status_code}: {response.text[:500]}")
    return response.json() if response.content else None
