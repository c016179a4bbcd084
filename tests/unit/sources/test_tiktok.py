"""A lead of a TikTok instant form, in the shapes that may come."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.events.lead import LeadCard
from sources import tiktok
from sources.mapping import card_of
from sources.model import Unreadable
from tests.unit.sources.examples import example

EVENT: dict[str, Any] = json.loads(example("tiktok.json"))
LEAD: dict[str, Any] = json.loads(EVENT["content"])


def test_a_lead() -> None:
    (form,) = tiktok.read(example("tiktok.json"))

    assert form.external_id == "7300000000000000001"
    assert not form.test
    assert form.submitted_at == datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
    assert card_of(form, region="MX") == LeadCard(
        name="Rosa Elizondo",
        phone="+528110000006",
        source="TikTok",
        attribution={
            "ad_id": "1780000000000003",
            "ad_name": "Video 1",
            "adset_id": "1780000000000002",
            "adset_name": "MTY 25-55",
            "campaign_id": "1780000000000001",
            "campaign_name": "Oficinas MTY",
            "form_id": "7100000000000000001",
        },
        extra={"¿Cuándo empiezas?": "Este mes"},
    )


NAMED = {"Nombre completo": "Rosa Elizondo", "Número de teléfono": "+528110000006"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(LEAD, id="without an envelope"),
        pytest.param(EVENT | {"content": LEAD}, id="an object in the envelope"),
        pytest.param({"data": [LEAD]}, id="a list"),
        pytest.param(EVENT | {"content": json.dumps({"leads": [LEAD]})}, id="a list in the text"),
        pytest.param(EVENT | {"content": [LEAD]}, id="a list in the envelope"),
        pytest.param(
            LEAD | {"answers": [{"name": n, "values": [v]} for n, v in NAMED.items()]},
            id="lists of values",
        ),
        pytest.param(LEAD | {"answers": NAMED}, id="answers by name"),
    ],
)
def test_the_answers_are_found_in_every_shape(body: dict[str, Any]) -> None:
    (form,) = tiktok.read(json.dumps(body).encode())
    card = card_of(form, region="MX")

    assert isinstance(card, LeadCard)
    assert (card.name, card.phone) == ("Rosa Elizondo", "+528110000006")
    assert form.external_id == "7300000000000000001"


def test_several_leads_of_one_notification() -> None:
    forms = tiktok.read(json.dumps({"data": [LEAD, LEAD | {"id": "2"}]}).encode())

    assert [form.external_id for form in forms] == ["7300000000000000001", "2"]


@pytest.mark.parametrize("mark", [{"is_test": True}, {"is_mock": 1}, {"test": "true"}])
def test_a_test_lead(mark: dict[str, Any]) -> None:
    (form,) = tiktok.read(json.dumps(LEAD | mark).encode())

    assert form.test


@pytest.mark.parametrize(
    "body", [b"{", b"{}", b"[]", b'{"content": "{"}', b'{"content": 7}', b'{"id": "1"}']
)
def test_another_body_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        tiktok.read(body)
