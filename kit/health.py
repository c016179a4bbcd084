"""Checks the dependencies of a service on demand: each check is harmless and names a remedy.

Texts for people are written in both languages; the language is chosen when a text is shown.
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

# seconds
MAX_WAIT = 8.0
DNS_MAX_WAIT = 5.0
REQUIRED_MAX_WAIT = 4.0
CLOSING = 0.5  # for a check that timed out to close its connections
UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL)


class Text(NamedTuple):
    """A text for people, in each language."""

    es: str
    en: str

    def read_in(self, language: str) -> str:
        """Returns the English text for `en`, `en-US` and so on, else the Spanish."""
        return self.en if language.startswith("en") else self.es


def name(text: str) -> Text:
    """Returns a text that is the same in each language, such as a product's name."""
    return Text(text, text)


def start(container: str) -> Text:
    """Returns the remedy for one of our containers that is down."""
    return Text(
        es=f"Enciéndelo con `pauta up`, o mira su bitácora: `docker compose logs {container}`.",
        en=f"Start it: `pauta up`, or read its log: `docker compose logs {container}`.",
    )


POSTGRESQL = name("PostgreSQL")
NO_NAMES = Text(es="Nombres de servidores (DNS)", en="Name resolution (DNS)")
NO_NAMES_ADVICE = Text(
    es="Revisa que el nombre esté bien escrito en .env; si lo está, la red de este servidor, "
    "/etc/resolv.conf y el DNS de Docker.",
    en="Check that the name is spelled right in .env; if it is, check this server's network, "
    "/etc/resolv.conf, and Docker's DNS.",
)


class Verdict(StrEnum):
    OK = "ok"
    DOUBT = "doubt"
    WRONG = "wrong"


class Check(BaseModel):
    """The result of a check: its subject, its finding, and a remedy where something is wrong.

    `cause` names the part at fault, which may be that of other checks too.
    """

    about: Text
    verdict: Verdict
    found: Text
    advice: Text = name("")
    cause: Text | None = None


class Finding(Exception):
    """A bad result of a check; its `advice` takes precedence over that of the probe."""

    verdict = Verdict.WRONG

    def __init__(
        self, found: Text, *, advice: Text | None = None, cause: Text | None = None
    ) -> None:
        super().__init__(found.en)
        self.found = found
        self.advice = advice
        self.cause = cause


class CheckFailed(Finding):
    """The dependency does not work in this state."""


class CheckWarning(Finding):
    """The dependency works but may not be as the operator wants, or could not be checked."""

    verdict = Verdict.DOUBT


@dataclass(frozen=True, slots=True)
class Dependency:
    """A server that checks need: where it is at fault, they share one finding.

    `advice` is the remedy where it does not answer, `refusals` the remedies by the HTTP status of
    its answer. `key` is the variable that holds our credential.
    """

    name: Text
    address: str
    advice: Text
    key: str = ""
    refusals: Mapping[int, Text] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Returns the host name of the address; empty where it has none."""
        return urlsplit(self.address).hostname or ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One check to be made.

    `check` returns its finding, or raises CheckFailed, CheckWarning, or the error that prevented
    the check.
    """

    about: Text
    advice: Text
    check: Callable[[], Awaitable[Text]]
    of: Dependency | None = None


async def examine(probes: Sequence[Probe], max_wait: float = MAX_WAIT) -> list[Check]:
    """Returns the results of all checks, made at once; each takes at most `max_wait` seconds."""
    hosts = {probe.of.host for probe in probes if probe.of is not None}
    # only public names: Docker does not resolve the name of a container that is down
    public = [host for host in hosts if "." in host]
    dns_wait = min(DNS_MAX_WAIT, max_wait)
    lookups = {host: asyncio.create_task(_resolves(host, dns_wait)) for host in public}
    checks = [asyncio.create_task(_examine(probe, lookups, max_wait)) for probe in probes]
    await asyncio.wait([*checks, *lookups.values()], timeout=max_wait + CLOSING)
    return [
        check.result() if check.done() else _failed(probe, TimeoutError(), max_wait)
        for probe, check in zip(probes, checks, strict=True)
    ]


async def require(probe: Probe) -> None:
    """Raises CheckFailed with the probe's finding, where that is wrong.

    It is then the cause of the caller's own finding.
    """
    [check] = await examine([probe], REQUIRED_MAX_WAIT)
    if check.verdict is Verdict.WRONG:
        raise CheckFailed(check.found, advice=check.advice, cause=check.cause)


async def _examine(probe: Probe, lookups: Mapping[str, Awaitable[bool]], max_wait: float) -> Check:
    began = time.monotonic()
    try:
        async with asyncio.timeout(max_wait):
            return Check(about=probe.about, verdict=Verdict.OK, found=await probe.check())
    except Finding as finding:
        return Check(
            about=probe.about,
            verdict=finding.verdict,
            found=finding.found,
            advice=finding.advice or probe.advice,
            cause=finding.cause or probe.about,
        )
    except Exception as error:  # any other error is the finding
        seconds = time.monotonic() - began
        lookup = lookups.get(probe.of.host) if probe.of else None
        if probe.of and lookup and not await lookup:
            return _unknown_host(probe.of.host)
        return _failed(probe, error, seconds)


def _unknown_host(host: str) -> Check:
    return Check(
        about=NO_NAMES,
        verdict=Verdict.WRONG,
        found=Text(
            es=f"no se encuentra el servidor {host} (DNS)",
            en=f"the server {host} is not found (DNS)",
        ),
        advice=NO_NAMES_ADVICE,
        cause=NO_NAMES,
    )


def _failed(probe: Probe, error: BaseException, seconds: float) -> Check:
    dependency = probe.of
    status = getattr(error, "status", 0)
    cause = dependency.name if dependency else probe.about
    advice = dependency.advice if dependency else probe.advice
    if dependency and status:
        found = _answered(dependency, status)
        advice = dependency.refusals.get(status, dependency.advice)
    elif reason := reason_of(error, seconds):
        found = reason
    else:
        found = Text(es="no responde como debe", en="does not answer as it should")
        details = describe(error)
        advice = Text(
            es=f"{advice.es} Si lo reportas: {details}",
            en=f"{advice.en} If you report it: {details}",
        )
    return Check(about=probe.about, verdict=Verdict.WRONG, found=found, advice=advice, cause=cause)


def _answered(dependency: Dependency, status: int) -> Text:
    name = dependency.name
    if status == 401:
        return Text(
            es=f"{name.es} no acepta {dependency.key} (401)",
            en=f"{name.en} does not accept {dependency.key} (401)",
        )
    return Text(es=f"{name.es} responde {status}", en=f"{name.en} answers {status}")


def reason_of(error: BaseException, seconds: float) -> Text | None:
    """Returns a text for a failed connection after `seconds`; None for any other error."""
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
                return Text(es="no hay camino por la red", en="no route through the network")
            case OSError(filename=str()):
                return Text(
                    es=f"no se puede leer {cause.filename}", en=f"{cause.filename} cannot be read"
                )
            case asyncpg.PostgresError():
                return Text(es=f"responde: {cause}", en=f"answers: {cause}")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yields the causes of the error, the deepest first, and then the error itself."""
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _causes(member)
    cause = error.__cause__ or error.__context__
    if cause is not None:
        yield from _causes(cause)
    yield error


async def _resolves(host: str, max_wait: float) -> bool:
    try:
        async with asyncio.timeout(max_wait):
            await asyncio.get_running_loop().getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True


def joined(checks: Sequence[Check]) -> list[Check]:
    """Returns one finding for each cause: the first wrong one, which counts the others."""
    by_cause: dict[Text | int, list[Check]] = {}
    for number, check in enumerate(checks):
        by_cause.setdefault(check.cause or number, []).append(check)
    return [_summary(group) for group in by_cause.values()]


def _summary(group: Sequence[Check]) -> Check:
    first = next((check for check in group if check.verdict is Verdict.WRONG), group[0])
    more = len(group) - 1
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
