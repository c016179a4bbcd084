"""Checks the sources that leads come in by, as intake knows them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from contracts.api.submissions import SourceStatus
from kit.errors import Unavailable
from kit.health import CheckFailed, CheckWarning, Dependency, Probe, Text, name, start
from kit.settings import ProcessSettings
from services.console.decisions.labels import SOURCES
from services.console.decisions.source_problems import read_problems
from services.console.intake_client import IntakeClient
from services.console.translations import load_translations

SPANISH = load_translations("es").gettext
ABOUT = Text(es="Fuentes", en="Sources")
META_ADVICE = Text(
    es="Haz en Meta Business un token de página que no venza, con leads_retrieval y "
    "pages_manage_metadata, ponlo en META_PAGE_TOKEN, y repite `pauta up`.",
    en="Make a page token that does not expire at Meta Business, with leads_retrieval and "
    "pages_manage_metadata, set META_PAGE_TOKEN to it, and run `pauta up` again.",
)
SILENT_ADVICE = Text(
    es="Envía una prueba desde la propia fuente, y mira en la consola, en Fuentes, si llega y qué "
    "pasó con las últimas entregas.",
    en="Send a test from the source itself, and see in the console, at Sources, whether it "
    "arrives and what came of the last deliveries.",
)


class Settings(ProcessSettings):
    """Where intake is. The rest of console's settings is checked by `pauta check`."""

    intake_url: str


@asynccontextmanager
async def probes(settings: Settings) -> AsyncIterator[list[Probe]]:
    """Yields one probe for each source that is connected."""
    client = IntakeClient(settings.intake_url)
    intake = Dependency(name=name("intake"), address=settings.intake_url, advice=start("intake"))
    try:
        sources = await client.sources()
    except Unavailable as outage:
        yield [Probe(about=ABOUT, advice=intake.advice, check=partial(_raise, outage), of=intake)]
    else:
        yield [_probe(source) for source in sources if source.configured]
    finally:
        await client.close()


async def _raise(outage: Unavailable) -> Text:
    raise outage


def _probe(source: SourceStatus) -> Probe:
    label = SOURCES.get(source.name, source.name)
    return Probe(
        about=Text(es=f"Fuente: {SPANISH(label)}", en=f"Source: {label}"),
        advice=SILENT_ADVICE,
        check=partial(_check, source),
    )


async def _check(source: SourceStatus) -> Text:
    if source.problem:
        raise CheckFailed(_in_words(source.problem), advice=META_ADVICE)
    if source.last_delivery_at is None:
        return Text(es="todavía no entrega nada", en="has delivered nothing yet")
    last = f"{source.last_delivery_at:%Y-%m-%d %H:%M} UTC"
    if source.silent:
        raise CheckWarning(
            Text(es=f"en silencio desde {last}", en=f"silent since {last}"),
        )
    return Text(es=f"última entrega: {last}", en=f"last delivery: {last}")


def _in_words(problem: str) -> Text:
    found = read_problems(problem)
    return Text(
        es="; ".join(SPANISH(sentence).format(*values) for sentence, values in found),
        en="; ".join(sentence.format(*values) for sentence, values in found),
    )
