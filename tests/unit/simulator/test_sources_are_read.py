"""What the simulated platforms send is proved and read by our sources as what was filled in."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType

import httpx
import pytest

from contracts.events.lead import LeadCard
from simulator.sources import google as at_google
from simulator.sources import tally as at_tally
from simulator.sources import tiktok as at_tiktok
from simulator.sources import typeform as at_typeform
from simulator.sources import webflow as at_webflow
from simulator.sources.filled_in import SignedRequest
from simulator.sources.meta import FORM_ID
from sources import google, tally, tiktok, typeform, webflow
from sources.mapping import card_of
from sources.meta import notifications
from sources.meta.client import MetaClient
from sources.model import Forged, Form
from tests.unit.simulator.test_sources import (
    APP_SECRET,
    LEAD,
    PAGE_ID,
    TOKEN,
    fill_in,
    gateway,
    world,
)
from tests.wire import Wire

__all__ = ["gateway", "world"]  # fixtures

Write = Callable[[dict[str, str], str], SignedRequest]
PLATFORMS = [
    (at_google.write, google),
    (at_tiktok.write, tiktok),
    (at_typeform.write, typeform),
    (at_tally.write, tally),
    (at_webflow.write, webflow),
]
SECRET = "a-secret"


def the_card(form: Form) -> LeadCard:
    card = card_of(form, region="MX")
    assert isinstance(card, LeadCard), card
    return card


def is_as_filled_in(card: LeadCard) -> bool:
    contact = (card.name, card.email, card.phone)
    return contact == (LEAD["nombre"], LEAD["email"], "+528110000001")


@pytest.mark.parametrize(
    ("write", "source"), PLATFORMS, ids=[source.__name__ for _, source in PLATFORMS]
)
def test_a_platforms_webhook_is_proved_and_read(write: Write, source: ModuleType) -> None:
    request = write(LEAD, SECRET)
    headers = httpx.Headers(dict(request.headers))
    source.verify(("another", SECRET), headers, request.body, now=datetime.now(UTC))
    [form] = source.read(request.body)
    card = the_card(form)

    assert is_as_filled_in(card), card
    assert form.external_id == request.external_id
    assert form.test is False
    assert "limpieza" in (card.service, *card.extra.values())
    assert card.source == form.label
    with pytest.raises(Forged):
        source.verify((f"{SECRET}x",), headers, request.body, now=datetime.now(UTC))


@pytest.mark.parametrize(
    ("write", "source"), PLATFORMS[:3], ids=[source.__name__ for _, source in PLATFORMS[:3]]
)
def test_a_platforms_test_lead_is_known_as_one(write: Write, source: ModuleType) -> None:
    [form] = source.read(write(LEAD, SECRET, test=True).body)  # type: ignore[call-arg]

    assert form.test is True


async def test_a_lead_that_meta_announces_is_fetched_and_read(
    world: httpx.AsyncClient, gateway: Wire
) -> None:
    await fill_in(world, "meta", platform="ig", number_ids=True, among_others=True)
    [request] = gateway.requests
    headers = httpx.Headers(request.headers)
    notifications.verify((APP_SECRET,), headers, request.body, now=datetime.now(UTC))
    [notice] = notifications.read(request.body)
    meta = MetaClient(
        base_url="http://simulator", version="v25.0", token=TOKEN, app_secret=APP_SECRET, http=world
    )
    form = await meta.lead(notice.leadgen_id)
    card = the_card(form)

    assert is_as_filled_in(card), card
    assert (card.source, card.attribution["campaign_name"]) == ("Instagram", "Oficinas MTY")
    assert notice.page_id == PAGE_ID
    with pytest.raises(Forged):
        notifications.verify(("wrong",), headers, request.body, now=datetime.now(UTC))


async def test_every_lead_of_a_form_is_found_without_a_notification(
    world: httpx.AsyncClient,
) -> None:
    ids = [(await fill_in(world, "meta", lost=True))["external_id"] for _ in range(105)]
    meta = MetaClient(
        base_url="http://simulator", version="v25.0", token=TOKEN, app_secret=APP_SECRET, http=world
    )
    forms = await meta.forms(PAGE_ID)
    found = await meta.leads(FORM_ID, datetime(2026, 1, 1, tzinfo=UTC))

    assert forms == [FORM_ID]
    assert sorted(form.external_id for form in found) == sorted(ids)
    assert await meta.leads(FORM_ID, datetime(2999, 1, 1, tzinfo=UTC)) == []


async def test_a_subscription_is_seen_and_renewed(world: httpx.AsyncClient) -> None:
    meta = MetaClient(
        base_url="http://simulator", version="v25.0", token=TOKEN, app_secret=APP_SECRET, http=world
    )
    await world.put("/simulator/sources/meta", json={"subscribed": False})
    before = await meta.subscription(PAGE_ID)
    await meta.subscribe(PAGE_ID)

    assert (before, await meta.subscription(PAGE_ID)) == (False, True)
    assert await meta.check(datetime.now(UTC)) == ""
