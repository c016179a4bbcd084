"""The checks that `pauta doctor` makes in a process with a service's environment."""

import asyncio
import importlib
import json
import os
import sys
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from pydantic import ValidationError

from kit.errors import describe
from kit.health import MAX_WAIT, Check, Text, Verdict, examine, name
from kit.production_safety import UnsafeConfiguration, refuse_unsafe
from kit.settings import SecretFileError

SERVERS = "servers"
CLOSING_TIME = 2.0  # seconds reserved for closing connections and printing


async def checks_of(part: str, timeout: float = MAX_WAIT) -> list[Check]:
    """Runs the checks of one service, or of the servers that all services use."""
    package = "pauta.doctor" if part == SERVERS else f"services.{part}"
    checks = importlib.import_module(f"{package}.checks")
    try:
        settings: Any = checks.Settings()
        refuse_unsafe(settings)
    except ValidationError as error:
        return [_unfit(part, [_named(mistake) for mistake in error.errors()])]
    except UnsafeConfiguration as error:
        return [_unfit(part, [variable for variable, _ in error.faults])]
    except SecretFileError as error:
        return [_unfit(part, [str(error).partition(":")[0]])]
    async with checks.probes(settings) as probes:
        return await examine(probes, timeout)


def _named(mistake: Any) -> str:
    """Returns the name of the invalid setting, or the message about several settings."""
    return ".".join(map(str, mistake["loc"])) or mistake["msg"].removeprefix("Value error, ")


def _unfit(part: str, variables: Sequence[str]) -> Check:
    named = ", ".join(variables)
    about = Text(es=f"Ajustes de {part}", en=f"Settings of {part}")
    if part == SERVERS:
        about = Text(es="Ajustes", en="Settings")
    return Check(
        about=about,
        verdict=Verdict.WRONG,
        found=Text(es=f"no sirven: {named}", en=f"invalid: {named}"),
        advice=Text(
            es="`pauta check` dice qué tiene cada uno. Corrígelo en .env y repite `pauta up`.",
            en="`pauta check` says what is wrong with each. "
            "Correct it in .env and run `pauta up` again.",
        ),
    )


def timeout_until(until: float) -> float:
    """Returns the seconds that a check may take so that all are printed by `until` (Unix time)."""
    return max(min(MAX_WAIT, until - time.time() - CLOSING_TIME), 1.0)


async def print_checks(part: str, running: Coroutine[Any, Any, list[Check]]) -> None:
    """Prints the checks for `pauta doctor`, then ends the process."""
    try:
        checks = await running
    except Exception as error:  # any error is a finding
        description = describe(error)
        found = Text(es="la revisión falló", en="the check itself failed")
        advice = Text(
            es=f"Por favor repórtalo: {description}", en=f"Please report this: {description}"
        )
        checks = [Check(about=name(part), verdict=Verdict.WRONG, found=found, advice=advice)]
    print(json.dumps([check.model_dump() for check in checks]), flush=True)
    os._exit(0)  # a normal exit would wait for a thread that still resolves a name


if __name__ == "__main__":
    timeout = timeout_until(float(sys.argv[2]))
    asyncio.run(print_checks(sys.argv[1], checks_of(sys.argv[1], timeout)))
