"""Checks of what a service depends on, made when somebody asks: each a harmless look, and what to do if it fails.

What people read stands in both languages where it is said, and is chosen when it is shown.
"""

import asyncio
import errno
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

import asyncpg
from pydantic import BaseModel

from kit.errors import describe

PATIENCE = 8.0
NAMES_PATIENCE = 5.0
REQUIRED_PATIENCE = 4.0
CLOSING = 0.5  # how long a look that is given up may take to close what it opened
UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL)


class Text(NamedTuple):
    """What people read, in each language."""

    es: str
    en: str

    def read_in(self, language: str) -> str:
        """Returns the English for `en`, `en-US` and so on, the Spanish otherwise."""
        return self.en if language.startswith("en") else self.es


def name(same: str) -> Text:
    """Returns what is the same in each language, such as a product's name."""
    return Text(same, same)


def start(container: str) -> Text:
    """Returns what to do about one of our containers that is down."""
    return Text(
        es=f"Enciéndelo con `pauta up`, o mira su bitácora: `docker compose logs {container}`.",
        en=f"Start it: `pauta up`, or look at its log: `docker compose logs {container}`.",
    )


POSTGRESQL = name("PostgreSQL")
NO_NAMES = Text(es="Nombres de servidores (DNS)", en="Name resolution (DNS)")
NO_NAMES_ADVICE = Text(
    es="Revisa que el nombre esté bien escrito en .env; si lo está, la red de este servidor, /etc/resolv.conf y el "
    "DNS de Docker.",
    en="See that the name is spelled right in .env; if it is, check this server's network, /etc/resolv.conf, and "
    "Docker's DNS.",
)


class Verdict(StrEnum):
    OK = "ok"
    DOUBT = "doubt"
    WRONG = "wrong"


class Check(BaseModel):
    """What was looked at, what was found, and what to do about it where it is not well.

    `cause` names what is at fault, which may be so for other checks as well.
    """

    about: Text
    verdict: Verdict
    found: Text
    advice: Text = name("")
    cause: Text | None = None


class Finding(Exception):
    """What a look found that is not well; `advice` goes before that of the probe."""

    verdict = Verdict.WRONG

    def __init__(
        self, found: Text, *, advice: Text | None = None, cause: Text | None = None
    ) -> None:
        super().__init__(found.en)
        self.found, self.advice, self.cause = found, advice, cause


class CheckFailed(Finding):
    """It does not work like this."""


class CheckWarning(Finding):
    """It works, and may not be what the operator wants, or could not be looked at."""

    verdict = Verdict.DOUBT


@dataclass(frozen=True, slots=True)
class Dependency:
    """What looks need in order to be made: where it is at fault, there is one finding for all of them.

    `advice` is for one that does not answer, or by `refusals`, for one that answers with that HTTP status; `key` is the
    variable that it knows us by.
    """

    name: Text
    address: str
    advice: Text
    key: str = ""
    refusals: Mapping[int, Text] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One look: it returns what it found, or raises CheckFailed, CheckWarning, or whatever kept it from being made."""

    about: Text
    advice: Text
    look: Callable[[], Awaitable[Text]]
    of: Dependency | None = None


async def examine(probes: Sequence[Probe], patience: float = PATIENCE) -> list[Check]:
    """Makes all of them at once; none takes longer than `patience`, in seconds."""
    hosts = {probe.of.host for probe in probes if probe.of is not None}
    public = [
        host for host in hosts if "." in host
    ]  # Docker knows no name of a container that is down
    lookups = {
        host: asyncio.create_task(_is_found(host, min(NAMES_PATIENCE, patience))) for host in public
    }
    looks = [asyncio.create_task(_examine(probe, lookups, patience)) for probe in probes]
    await asyncio.wait([*looks, *lookups.values()], timeout=patience + CLOSING)
    return [
        look.result() if look.done() else _failed(probe, TimeoutError(), patience)
        for probe, look in zip(probes, looks, strict=True)
    ]


async def require(probe: Probe) -> None:
    """Raises CheckFailed, with what the probe found, where that is wrong: it is the cause of what the caller found."""
    [check] = await examine([probe], REQUIRED_PATIENCE)
    if check.verdict is Verdict.WRONG:
        raise CheckFailed(check.found, advice=check.advice, cause=check.cause)


async def _examine(probe: Probe, lookups: Mapping[str, Awaitable[bool]], patience: float) -> Check:
    began = time.monotonic()
    try:
        async with asyncio.timeout(patience):
            return Check(about=probe.about, verdict=Verdict.OK, found=await probe.look())
    except Finding as finding:
        advice = finding.advice or probe.advice
        verdict, found, cause = finding.verdict, finding.found, finding.cause or probe.about
        return Check(about=probe.about, verdict=verdict, found=found, advice=advice, cause=cause)
    except Exception as error:  # whatever it is, it is the finding
        seconds = time.monotonic() - began
        lookup = lookups.get(probe.of.host) if probe.of else None
        if probe.of and lookup and not await lookup:
            found, advice, cause = _unknown(probe.of.host), NO_NAMES_ADVICE, NO_NAMES
            return Check(
                about=NO_NAMES, verdict=Verdict.WRONG, found=found, advice=advice, cause=cause
            )
        return _failed(probe, error, seconds)


def _failed(probe: Probe, error: BaseException, seconds: float) -> Check:
    of, status = probe.of, getattr(error, "status", 0)
    cause = of.name if of else probe.about
    if of and status:
        if status == 401:
            found = Text(
                es=f"{of.name.es} no acepta {of.key} (401)",
                en=f"{of.name.en} does not accept {of.key} (401)",
            )
        else:
            found = Text(es=f"{of.name.es} responde {status}", en=f"{of.name.en} answers {status}")
        advice = of.refusals.get(status, of.advice)
    elif reason := reason_of(error, seconds):
        found, advice = reason, of.advice if of else probe.advice
    else:
        found = Text(es="no responde como debe", en="does not answer as it should")
        said, advice = describe(error), of.advice if of else probe.advice
        advice = Text(
            es=f"{advice.es} Si lo reportas: {said}", en=f"{advice.en} If you report it: {said}"
        )
    return Check(about=probe.about, verdict=Verdict.WRONG, found=found, advice=advice, cause=cause)


def reason_of(error: BaseException, seconds: float) -> Text | None:
    """Returns in words what failed on the way to a server, after so many seconds; None for anything else."""
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return Text(es="su certificado no es válido", en="its certificate is not valid")
            case ssl.SSLError():
                return Text(
                    es="no se logra la conexión segura (TLS)",
                    en="there is no secure connection (TLS)",
                )
            case ConnectionRefusedError():
                return Text(es="conexión rechazada", en="connection refused")
            case ConnectionResetError() | BrokenPipeError():
                return Text(es="cortó la conexión", en="it cut the connection")
            case TimeoutError():
                return Text(
                    es=f"no respondió en {seconds:.0f} s", en=f"no answer in {seconds:.0f} s"
                )
            case OSError(errno=number) if number in UNREACHABLE:
                return Text(es="no hay camino por la red", en="there is no way through the network")
            case OSError(filename=str()):
                return Text(
                    es=f"no se puede leer {cause.filename}", en=f"{cause.filename} cannot be read"
                )
            case asyncpg.PostgresError():
                return Text(es=f"responde: {cause}", en=f"answers: {cause}")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yields the error and what it came from, the deepest first."""
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _causes(member)
    came_from = error.__cause__ or error.__context__
    if came_from is not None:
        yield from _causes(came_from)
    yield error


async def _is_found(host: str, patience: float) -> bool:
    try:
        async with asyncio.timeout(patience):
            await asyncio.get_running_loop().getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True


def _unknown(host: str) -> Text:
    return Text(
        es=f"no se encuentra el servidor {host} (DNS)", en=f"the server {host} is not found (DNS)"
    )


def joined(checks: Sequence[Check]) -> list[Check]:
    """Returns one finding for each cause: the first that is wrong, which says how many more there are."""
    together: dict[Text | int, list[Check]] = {}
    for number, check in enumerate(checks):
        together.setdefault(check.cause or number, []).append(check)
    return [_one_of(same) for same in together.values()]


def _one_of(same: Sequence[Check]) -> Check:
    first = next((check for check in same if check.verdict is Verdict.WRONG), same[0])
    more = len(same) - 1
    if not more or first.cause is None:
        return first
    if more == 1:
        others = Text(
            es="por eso quedó otra cosa sin revisar",
            en="1 more check could not be made because of it",
        )
    else:
        others = Text(
            es=f"por eso quedaron {more} cosas más sin revisar",
            en=f"{more} more checks could not be made because of it",
        )
    found = Text(es=f"{first.found.es}; {others.es}", en=f"{first.found.en}; {others.en}")
    return first.model_copy(update={"about": first.cause, "found": found})
