"""What `pauta doctor` looks at from the inside: run where a service runs, with its own environment."""

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
LAST_WORDS = 2.0  # seconds to close and print in


async def checks_of(part: str, patience: float = MAX_WAIT) -> list[Check]:
    """What is to be said of one service, or of the servers that all of them use."""
    place = "pauta" if part == SERVERS else f"services.{part}"
    checks = importlib.import_module(f"{place}.checks")
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
        return await examine(probes, patience)


def _named(mistake: Any) -> str:
    """The setting at fault, or what is said of several."""
    return ".".join(map(str, mistake["loc"])) or mistake["msg"].removeprefix("Value error, ")


def _unfit(part: str, variables: Sequence[str]) -> Check:
    named = ", ".join(variables)
    return Check(
        about=Text(es="Ajustes", en="Settings")
        if part == SERVERS
        else Text(f"Ajustes de {part}", f"Settings of {part}"),
        verdict=Verdict.WRONG,
        found=Text(es=f"no sirven: {named}", en=f"do not fit: {named}"),
        advice=Text(
            es="`pauta check` dice qué tiene cada uno. Corrígelo en .env y repite `pauta up`.",
            en="`pauta check` says what is wrong with each. Correct it in .env and run `pauta up` again.",
        ),
    )


def patience_until(until: float) -> float:
    """How long a look may take, in seconds, for all of them to be printed by then (seconds since 1970)."""
    return max(min(MAX_WAIT, until - time.time() - LAST_WORDS), 1.0)


async def tell(part: str, looking: Coroutine[Any, Any, list[Check]]) -> None:
    """Prints the checks for `pauta doctor`, and ends the process."""
    try:
        checks = await looking
    except Exception as error:  # whatever it is, it is the finding
        said = describe(error)
        found = Text(es="la revisión falló", en="the check itself failed")
        advice = Text(es=f"Por favor repórtalo: {said}", en=f"Please report this: {said}")
        checks = [Check(about=name(part), verdict=Verdict.WRONG, found=found, advice=advice)]
    print(json.dumps([check.model_dump() for check in checks]), flush=True)
    os._exit(0)  # else a thread that still waits for a name's address would be waited for


if __name__ == "__main__":
    asyncio.run(tell(sys.argv[1], checks_of(sys.argv[1], patience_until(float(sys.argv[2])))))
