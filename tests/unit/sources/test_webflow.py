"""A form of Webflow."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.events.lead import LeadCard
from sources import webflow
from sources.mapping import card_of
from sources.model import Unreadable
from tests.unit.sources.examples import example


def test_a_submission_whose_phone_is_a_number() -> None:
    (form,) = webflow.read(example("webflow.json"))

    assert form.external_id == "6664a1b2c3d4e5f60718293a"
    assert form.submitted_at == datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
    assert card_of(form, region="MX") == LeadCard(
        name="Jorge Ramírez",
        email="jorge.ramirez@example.com",
        phone="+528110000002",
        source="Webflow",
        consent="Acepto: true",
        attribution={"form_id": "65429eadebe8a9f3a30f62d0", "form_name": "Contacto"},
        extra={"Acepto": "true"},
    )


def test_a_box_that_is_not_ticked_is_no_consent() -> None:
    event: dict[str, Any] = json.loads(example("webflow.json"))
    event["payload"]["data"]["Acepto"] = "false"
    (form,) = webflow.read(json.dumps(event).encode())
    card = card_of(form, region="MX")

    assert isinstance(card, LeadCard)
    assert card.consent is None
    assert card.extra == {"Acepto": "false"}


def test_another_event_has_no_lead() -> None:
    assert webflow.read(b'{"triggerType": "site_publish", "payload": {}}') == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
def test_another_body_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        webflow.read(body)
