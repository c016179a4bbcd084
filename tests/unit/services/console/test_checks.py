"""What pauta doctor finds of the sources."""

import pytest

from kit.health import Check, Verdict, examine
from services.console.checks import Settings, probes
from tests.wire import Wire

META = {
    "name": "meta",
    "kind": "meta",
    "path": "/webhooks/meta",
    "configured": True,
    "last_delivery_at": "2026-03-02T16:00:00Z",
}


async def checks(intake_url: str) -> list[Check]:
    async with probes(Settings(intake_url=intake_url)) as found:
        return await examine(found)


@pytest.mark.parametrize(
    ("changes", "verdict", "spanish", "english"),
    [
        ({}, Verdict.OK, "última entrega: 2026-03-02 16:00 UTC", "last delivery: 2026-03-02"),
        ({"last_delivery_at": None}, Verdict.OK, "todavía no entrega nada", "nothing yet"),
        (
            {"silent": True},
            Verdict.DOUBT,
            "en silencio desde 2026-03-02 16:00 UTC",
            "silent since 2026-03-02 16:00 UTC",
        ),
        (
            {"silent": True, "problem": "the token is no longer valid"},
            Verdict.WRONG,
            "META_PAGE_TOKEN ya no es válido",
            "META_PAGE_TOKEN is no longer valid",
        ),
    ],
)
async def test_each_source_is_one_finding(
    changes: dict[str, object], verdict: Verdict, spanish: str, english: str
) -> None:
    async with Wire() as wire:
        wire.answers(200, [META | changes, META | {"name": "tally", "configured": False}])
        [check] = await checks(wire.url)

    assert (check.about.es, check.verdict) == ("Fuente: Meta (Facebook e Instagram)", verdict)
    assert spanish in check.found.es
    assert english in check.found.en
    assert (verdict is Verdict.OK) == (check.advice.es == "")


async def test_an_intake_that_is_down_is_the_finding() -> None:
    [check] = await checks("http://127.0.0.1:9")

    assert (check.about.en, check.verdict) == ("Sources", Verdict.WRONG)
    assert "pauta up" in check.advice.es
