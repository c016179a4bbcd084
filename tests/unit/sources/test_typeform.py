"""A response of Typeform."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.events.lead import LeadCard
from sources import typeform
from sources.mapping import card_of
from sources.model import Form, Unreadable
from tests.unit.sources.examples import example

EVENT: dict[str, Any] = json.loads(example("typeform.json"))


def test_a_response() -> None:
    (form,) = typeform.read(example("typeform.json"))

    assert form.external_id == "a3a12ec67a1365927098a606107fac15"
    assert not form.test
    assert form.submitted_at == datetime(2026, 7, 1, 18, 30, 2, tzinfo=UTC)
    assert card_of(form, region="MX") == LeadCard(
        name="Lucía Hernández",
        email="lucia.hernandez@example.com",
        phone="+528110000004",
        service="Limpieza, Jardinería",
        source="Typeform",
        consent="Acepto el aviso de privacidad: true",
        attribution={
            "utm_source": "instagram",
            "utm_campaign": "mty-oficinas",
            "form_id": "lT4Z3j",
            "form_name": "Cotización oficinas",
        },
        extra={
            "Acepto el aviso de privacidad": "true",
            "score": "7",
            "segmento": "pyme",
            "utm_source": "instagram",
            "utm_campaign": "mty-oficinas",
        },
    )


def read_answers(*answers: dict[str, Any]) -> Form:
    response = EVENT["form_response"] | {"answers": list(answers), "variables": [], "hidden": {}}
    (form,) = typeform.read(json.dumps(EVENT | {"form_response": response}).encode())
    return form


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({"type": "text", "text": "Ana"}, "Ana"),
        ({"type": "number", "number": 7}, 7),
        ({"type": "boolean", "boolean": False}, False),
        ({"type": "date", "date": "2026-07-01"}, "2026-07-01"),
        ({"type": "choice", "choice": {"label": "Uno"}}, ["Uno"]),
        ({"type": "choice", "choice": {"other": "Dos"}}, ["Dos"]),
        ({"type": "choices", "choices": {"labels": ["Uno", "Dos"]}}, ["Uno", "Dos"]),
        ({"type": "payment", "payment": {"amount": "7"}}, '{"amount":"7"}'),
        ({"type": "unheard_of"}, None),
    ],
)
def test_an_answer_of_every_type(answer: dict[str, Any], value: object) -> None:
    form = read_answers(answer | {"field": {"id": "x1"}})

    assert form.fields == {"x1": value}


def test_the_type_shows_what_a_question_asks_for() -> None:
    form = read_answers(
        {
            "type": "phone_number",
            "phone_number": "8110000004",
            "field": {"id": "x", "type": "phone_number"},
        },
    )
    card = card_of(form, region="MX")

    assert isinstance(card, LeadCard)
    assert card.phone == "+528110000004"


def test_two_questions_with_one_title_are_both_kept() -> None:
    field = {"id": "PNe8ZKBK8C2Q", "ref": "servicios"}
    form = read_answers(
        {"type": "text", "text": "a", "field": field}, {"type": "text", "text": "b", "field": field}
    )

    assert form.fields == {
        "¿Qué servicios te interesan?": "a",
        "¿Qué servicios te interesan? (PNe8ZKBK8C2Q)": "b",
    }


def test_the_delivery_of_the_test_button() -> None:
    form = read_answers(
        {"type": "email", "email": "an_account@example.com", "field": {"id": "x", "type": "email"}}
    )

    assert form.test


def test_another_event_has_no_lead() -> None:
    assert typeform.read(b'{"event_type": "form_response_partial"}') == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
def test_another_body_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        typeform.read(body)
