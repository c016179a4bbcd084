"""Checks of what a service depends on, made when somebody asks: each a harmless look, and what to do if it fails."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel

from kit.failures import describe

PATIENCE = 10.0
NO_NAMES = "Name resolution (DNS)"
NO_NAMES_ADVICE = "This server finds no host by its name: check its network, /etc/resolv.conf, and Docker's DNS."


class Verdict(StrEnum):
    OK = "ok"
    DOUBT = "doubt"
    WRONG = "wrong"


class Check(BaseModel):
    """What was looked at, what was found, and what to do about it where it is not well.

    `cause` names what kept the look from being made, where something did.
    """

    about: str
    verdict: Verdict
    found: str
    advice: str = ""
    cause: str = ""


class Wrong(Exception):
    """It does not work like this."""


class Doubt(Exception):
    """It works, and may not be what the operator wants, or could not be looked at."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One look: it returns what it found, or raises Wrong, Doubt, or whatever kept it from being made.

    `of` is what it needs in order to be made; what stands before the colon in `about`, unless it is given.
    """

    about: str
    advice: str
    look: Callable[[], Awaitable[str]]
    of: str = ""


async def examine(probes: Sequence[Probe]) -> list[Check]:
    """All of them at once; none takes longer than ten seconds."""
    return list(await asyncio.gather(*map(_examine, probes)))


async def _examine(probe: Probe) -> Check:
    try:
        async with asyncio.timeout(PATIENCE):
            return Check(about=probe.about, verdict=Verdict.OK, found=await probe.look())
    except Doubt as doubt:
        return Check(about=probe.about, verdict=Verdict.DOUBT, found=str(doubt), advice=probe.advice)
    except Wrong as wrong:
        cause = NO_NAMES if _names_nobody(wrong) else ""
        return Check(about=probe.about, verdict=Verdict.WRONG, found=str(wrong), advice=probe.advice, cause=cause)
    except Exception as error:  # whatever it is, it is the finding
        cause = NO_NAMES if _names_nobody(error) else probe.of or probe.about.partition(":")[0]
        return Check(about=probe.about, verdict=Verdict.WRONG, found=describe(error), advice=probe.advice, cause=cause)


def _names_nobody(error: BaseException | None) -> bool:
    """Whether it began with a host name that could not be found."""
    while error is not None:
        if isinstance(error, socket.gaierror):
            return True
        error = error.__cause__ or error.__context__
    return False


def joined(checks: Sequence[Check]) -> list[Check]:
    """Looks that one cause kept from being made are one finding: the first of them, which says how many there are."""
    together: dict[str, list[Check]] = {}
    for number, check in enumerate(checks):
        together.setdefault(check.cause or f"{number}", []).append(check)
    return [_one_of(cause, same) for cause, same in together.items()]


def _one_of(cause: str, same: Sequence[Check]) -> Check:
    first = same[0]
    if cause == NO_NAMES:
        first = first.model_copy(update={"about": NO_NAMES, "advice": NO_NAMES_ADVICE})
    if len(same) == 1:
        return first
    return first.model_copy(update={"found": f"{first.found}; {len(same) - 1} more checks could not be made"})
