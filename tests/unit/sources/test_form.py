"""The form of any page, builder or tool."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.events.lead import LeadCard
from sources import tally, typeform, webflow
from sources.form import read_form
from sources.mapping import card_of
from sources.reading import read_body
from tests.unit.sources.examples import example

FORM = "application/x-www-form-urlencoded"
MARIA = LeadCard(
    name="María López Núñez",
    email="maria.lopez@example.com",
    phone="+528110000001",
    service="limpieza, mantenimiento",
)
PAGE = "https://www.example.com/contacto"


def card_from(content_type: str, body: bytes) -> LeadCard:
    card = card_of(read_form(read_body(content_type, body)), region="MX")
    assert isinstance(card, LeadCard)
    return card


def test_a_browsers_form() -> None:
    form = read_form(read_body(FORM, example("html.form")))
    ads = {
        "utm_source": "google",
        "utm_medium": "cpc",
        "utm_campaign": "mty-oficinas",
        "gclid": "EXAMPLE-GCLID-0001",
    }

    assert form.external_id == "0f8f6a3e-6f7b-4c0e-9a51-3a1f0c2d7e10"
    assert form.attribution == ads
    assert card_of(form, region="MX") == MARIA.model_copy(
        update={
            "consent": "acepta_aviso: on; acepta_whatsapp: on",
            "attribution": ads,
            "extra": ads
            | {
                "mensaje": 'Quiero una cotización para "2 oficinas".\n¿Tienen cita el jueves?',
                "acepta_aviso": "on",
                "acepta_whatsapp": "on",
                "submission_id": "0f8f6a3e-6f7b-4c0e-9a51-3a1f0c2d7e10",
                "rendered_at": "1782925200",
                "website": "",
            },
        }
    )


def test_contact_form_7() -> None:
    assert card_from("application/json", example("cf7.json")) == MARIA.model_copy(
        update={
            "consent": "acepto: 1",
            "attribution": {"page": PAGE},
            "extra": {
                "your-message": "Quiero una cotización",
                "acepto": "1",
                "_remote_ip": "203.0.113.7",
                "_url": PAGE,
                "_user_agent": "Mozilla/5.0 (example)",
            },
        }
    )


def test_elementor_with_and_without_advanced_data() -> None:
    simple = card_from(FORM, example("elementor-simple.form"))
    advanced = card_from(FORM, example("elementor-advanced.form"))
    where = {"page": PAGE, "form_id": "4f2c9ab", "form_name": "Contacto Monterrey"}

    assert simple == MARIA.model_copy(update={"attribution": where, "extra": simple.extra})
    assert advanced == MARIA.model_copy(
        update={
            "consent": "Acepto el aviso de privacidad: on",
            "attribution": where,
            "extra": advanced.extra,
        }
    )
    assert simple.extra["No Label field_7d1a2b3"] == "Prefiero por la tarde"
    assert simple.extra["IP remota"] == advanced.extra["IP remota"] == "203.0.113.7"


@pytest.mark.parametrize(
    ("platform", "name"),
    [(webflow, "webflow.json"), (typeform, "typeform.json"), (tally, "tally.json")],
    ids=["webflow", "typeform", "tally"],
)
def test_an_unsigned_webhook_of_a_platform_is_read_as_the_platform_means_it(
    platform: Any, name: str
) -> None:
    (form,) = platform.read(example(name))

    assert read_form(read_body("application/json", example(name))) == replace(form, source="form")


ANA = {"name": "Ana Gómez", "email": "ana@example.com", "phone": "+528110000007"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            {"contact": {"first_name": "Ana", "last_name": "Gómez", "email": "ana@example.com",
                         "phone": "8110000007"}},
            id="an object",
        ),
        pytest.param(
            {"data": {"attributes": {"Nombre": "Ana Gómez", "Correo": "ana@example.com",
                                     "Celular": "8110000007"}}},
            id="objects in objects",
        ),
        pytest.param(
            {"name": "Formulario de contacto", "fields": [
                {"label": "Nombre", "value": "Ana Gómez"},
                {"label": "Correo", "value": "ana@example.com"},
                {"label": "Teléfono", "value": "8110000007"}]},
            id="labels, beside the form's own name",
        ),
        pytest.param(
            {"fields": {
                "1": {"id": 1, "name": "Nombre", "type": "name", "value": "Ana Gómez",
                      "first": "Ana", "middle": "", "last": "Gómez"},
                "2": {"id": 2, "name": "Email", "type": "email", "value": "ana@example.com"},
                "3": {"id": 3, "name": "Phone", "type": "phone", "value": "8110000007"}}},
            id="WPForms",
        ),
        pytest.param(
            {"field_data": [{"name": "full_name", "values": ["Ana Gómez"]},
                            {"name": "email", "values": ["ana@example.com"]},
                            {"name": "phone_number", "values": ["+5218110000007"]}]},
            id="Meta's, passed on by a tool",
        ),
        pytest.param(
            {"questions_and_answers": [
                {"question": "¿Cómo te llamas?", "answer": "Ana Gómez"},
                {"question": "¿Cuál es tu correo?", "answer": "ana@example.com"},
                {"question": "¿A qué WhatsApp te escribimos?", "answer": "8110000007"}]},
            id="questions",
        ),
        pytest.param(
            {"answers": [
                {"id": "a1", "type": "text", "title": "Nombre", "value": "Ana Gómez"},
                {"id": "a2", "type": "email", "title": "¿Dónde?", "value": "ana@example.com"},
                {"id": "a3", "type": "tel", "title": "¿Y dónde más?", "value": "8110000007"}]},
            id="types",
        ),
        pytest.param(
            {"wpforms[fields][0][first]": "Ana", "wpforms[fields][0][last]": "Gómez",
             "wpforms[fields][email]": "ana@example.com", "wpforms[fields][phone]": "8110000007"},
            id="brackets",
        ),
        pytest.param(
            {"nombre": {"first": "Ana", "last": "Gómez"}, "email": ["ana@example.com"],
             "telefono": [8110000007]},
            id="lists",
        ),
        pytest.param(
            {"name": "Formulario", "data": {"name": "Ana Gómez", "email": "ana@example.com",
                                            "phone": "8110000007"},
             "agent": {"name": "Bot", "email": "bot@example.com", "phone": "8110000009"}},
            id="beside other names",
        ),
        pytest.param(
            {"body": {"nombre": "Ana Gómez", "email": "ana@example.com", "tel": "8110000007"},
             "headers": {"host": "n8n.example", "user-agent": "x"}, "query": {}},
            id="a tool that passes on the whole request",
        ),
    ],
)  # fmt: skip
def test_however_a_builder_nests_it(body: dict[str, Any]) -> None:
    card = card_of(read_form(body), region="MX")

    assert isinstance(card, LeadCard)
    assert card.model_dump(include=set(ANA)) == ANA


def test_metas_test_lead_by_a_tool_is_a_test() -> None:
    assert read_form({"full_name": "<test lead: dummy data for full_name>"}).test
    assert not read_form({"full_name": "Ana"}).test


def test_the_tools_own_id_and_time() -> None:
    form = read_form({"Submission ID": "s-7", "submitted_at": "2026-07-01T12:30:00-06:00"})

    assert form.external_id == "s-7"
    assert form.submitted_at == datetime(2026, 7, 1, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value", "attribution"),
    [
        ("utm_source", "fb", {"utm_source": "fb"}),
        ("UTM Campaign", "mty", {"utm_campaign": "mty"}),
        ("utmMedium", "cpc", {"utm_medium": "cpc"}),
        ("utm_creative_format", "video", {"utm_creative_format": "video"}),
        ("GCLID", "x", {"gclid": "x"}),
        ("gbraid", "x", {"gbraid": "x"}),
        ("wbraid", "x", {"wbraid": "x"}),
        ("fbclid", "x", {"fbclid": "x"}),
        ("_fbc", "fb.1.2.x", {"fbc": "fb.1.2.x"}),
        ("_fbp", "fb.1.2.x", {"fbp": "fb.1.2.x"}),
        ("ctwa_clid", "x", {"ctwa_clid": "x"}),
        ("ttclid", "x", {"ttclid": "x"}),
        ("ad_id", 7, {"ad_id": "7"}),
        ("adgroup_id", "7", {"adset_id": "7"}),
        ("campaign_name", "Mty", {"campaign_name": "Mty"}),
        ("Page URL", "https://a.example/", {"page": "https://a.example/"}),
        ("page", "3", {}),
        ("utm_source", "  ", {}),
        ("utm", "x", {}),
        ("term", "x", {}),
    ],
)
def test_where_the_person_came_from(name: str, value: object, attribution: dict[str, str]) -> None:
    fields = {"email": "ana@example.com", name: value}
    card = card_of(read_form(fields), region="MX")

    assert isinstance(card, LeadCard)
    assert card.attribution == attribution
    assert name in card.extra


def test_a_long_attribution_is_cut() -> None:
    form = read_form({"gclid": "x" * 600})

    assert form.attribution == {"gclid": "x" * 500}


@pytest.mark.parametrize("depth", [7, 8, 20, 80])
def test_however_deep_nothing_is_lost(depth: int) -> None:
    nested: dict[str, Any] = {"clave": "valor"}
    for level in range(depth):
        nested = {f"n{level}": nested}
    card = card_of(read_form(nested | {"email": "ana@example.com"}), region="MX")

    assert isinstance(card, LeadCard)
    assert "valor" in json.dumps(card.extra)
