"""A lead as Meta's Graph API describes it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.events.lead import LeadCard
from sources.mapping import card_of
from sources.meta import lead
from tests.unit.sources.examples import example

LEAD: dict[str, Any] = json.loads(example("meta-lead.json"))


def test_a_lead() -> None:
    form = lead.read(LEAD)

    assert form.external_id == "444555666777888"
    assert not form.test
    assert form.submitted_at == datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
    assert card_of(form, region="MX") == LeadCard(
        name="María López Núñez",
        email="maria.lopez@example.com",
        phone="+528110000001",
        service="limpieza",
        source="Instagram",
        consent="acepto_whatsapp: true",
        attribution={
            "platform": "instagram",
            "form_id": "123400000000001",
            "ad_id": "238400000000012",
            "ad_name": "Oficinas MTY - video 1",
            "adset_id": "238400000000011",
            "adset_name": "MTY 25-55",
            "campaign_id": "238400000000010",
            "campaign_name": "Oficinas MTY",
        },
        extra={
            "horario_preferido": "mañana, tarde",
            "acepto_whatsapp": "true",
            "acepto_llamadas": "false",
        },
    )


@pytest.mark.parametrize(
    ("ticked", "consent"),
    [("1", "c_7: true"), (True, "c_7: true"), ("", None), (False, None), ("0", None)],
)
def test_a_box_is_consent_only_when_ticked(ticked: object, consent: str | None) -> None:
    responses = [{"checkbox_key": "c_7", "is_checked": ticked}]
    card = card_of(lead.read(LEAD | {"custom_disclaimer_responses": responses}), region="MX")

    assert isinstance(card, LeadCard)
    assert card.consent == consent


@pytest.mark.parametrize(
    ("platform", "source"), [("fb", "Facebook"), ("ig", "Instagram"), (None, "Facebook")]
)
def test_where_the_ad_was_shown(platform: str | None, source: str) -> None:
    card = card_of(lead.read(LEAD | {"platform": platform}), region="MX")

    assert isinstance(card, LeadCard)
    assert card.source == source


def test_metas_test_lead() -> None:
    assert lead.read(json.loads(example("meta-test-lead.json"))).test


@pytest.mark.parametrize("value", ["test@fb.com", "TEST@meta.com", "<Test lead: dummy data for x>"])
def test_one_dummy_value_marks_a_test(value: str) -> None:
    answers = [*LEAD["field_data"], {"name": "x", "values": [value]}]

    assert lead.read(LEAD | {"field_data": answers}).test


@pytest.mark.parametrize(
    "odd",
    [{}, {"field_data": None}, {"field_data": [None, {"name": None, "values": None}]}, {"id": 7}],
)
def test_an_odd_lead_is_read(odd: dict[str, Any]) -> None:
    assert lead.read(odd).source == "meta"
