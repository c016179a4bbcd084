"""Checks of what a service depends on, made when somebody asks: each a harmless look, and what to do if it fails."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel

from kit.failures import describe

PATIENCE = 20.0


class Verdict(StrEnum):
    OK = "ok"
    DOUBT = "doubt"
    WRONG = "wrong"


class Check(BaseModel):
    """What was looked at, what was found, and what to do about it where it is not well."""

    about: str
    verdict: Verdict
    found: str
    advice: str = ""


class Wrong(Exception):
    """It does not work like this."""


class Doubt(Exception):
    """It works, and may not be what the operator wants, or could not be looked at."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One look: it returns what it found, or raises Wrong, Doubt, or whatever went wrong."""

    about: str
    advice: str
    look: Callable[[], Awaitable[str]]


async def examine(probes: Sequence[Probe]) -> list[Check]:
    """All of them at once; none takes longer than twenty seconds."""
    return list(await asyncio.gather(*map(_examine, probes)))


async def _examine(probe: Probe) -> Check:
    try:
        async with asyncio.timeout(PATIENCE):
            return Check(about=probe.about, verdict=Verdict.OK, found=await probe.look())
    except Doubt as doubt:
        return Check(about=probe.about, verdict=Verdict.DOUBT, found=str(doubt), advice=probe.advice)
    except Wrong as wrong:
        return Check(about=probe.about, verdict=Verdict.WRONG, found=str(wrong), advice=probe.advice)
    except Exception as error:  # whatever it is, it is the finding
        return Check(about=probe.about, verdict=Verdict.WRONG, found=describe(error), advice=probe.advice)
