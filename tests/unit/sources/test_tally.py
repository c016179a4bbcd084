"""A response of Tally."""

import json
from datetime import UTC, datetime

import pytest

from contracts.events.lead import LeadCard
from sources import tally
from sources.mapping import card_of
from sources.model import Unreadable
from tests.unit.sources.examples import example


def test_a_response() -> None:
    (form,) = tally.read(example("tally.json"))

    assert form.external_id == "Z9Z97Go"
    assert form.submitted_at == datetime(2026, 7, 1, 18, 30, 2, tzinfo=UTC)
    assert card_of(form, region="MX") == LeadCard(
        name="Diego Garza",
        email="diego.garza@example.com",
        phone="+528110000005",
        source="Tally",
        consent="Acepto el aviso de privacidad: Sí, acepto",
        attribution={
            "utm_source": "facebook",
            "form_id": "XxA4WO",
            "form_name": "Cotización oficinas",
        },
        extra={
            "¿Cuántas personas son?": "11 a 50",
            "Acepto el aviso de privacidad": "Sí, acepto",
            "utm_source": "facebook",
        },
    )


def test_questions_of_every_kind() -> None:
    options = [{"id": "o1", "text": "Uno"}, {"id": "o2", "text": "Dos"}]
    fields = [
        {"key": "q1", "label": "", "type": "INPUT_PHONE_NUMBER", "value": "+528110000005"},
        {"key": "q2", "label": "Plan", "type": "DROPDOWN", "value": ["o2"], "options": options},
        {"key": "q3", "label": "Plan", "type": "DROPDOWN", "value": "o1", "options": options},
        {"key": "q4", "label": "Foto", "type": "FILE_UPLOAD", "value": [{"url": "https://f.example/1"}]},
        {"key": "q5", "label": "¿Socio?", "type": "CHECKBOXES", "value": True},
        {"key": "q5_o1", "label": "¿Socio? (Uno)", "type": "CHECKBOXES", "value": True},
        {"key": "q6", "label": "Edad", "type": "INPUT_NUMBER", "value": 33},
    ]  # fmt: skip
    event = {"eventType": "FORM_RESPONSE", "data": {"responseId": "r", "fields": fields}}
    (form,) = tally.read(json.dumps(event).encode())

    assert form.hints == {"q1": "phone"}
    assert form.fields == {
        "q1": "+528110000005",
        "Plan": ["Dos"],
        "Plan (q3)": "Uno",
        "Foto": ["https://f.example/1"],
        "¿Socio?": True,
        "Edad": 33,
    }


def test_another_event_has_no_lead() -> None:
    assert tally.read(b'{"eventType": "FORM_VIEW"}') == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
def test_another_body_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        tally.read(body)
