"""How the fields of a form become a card."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.lead import LeadCard
from sources.mapping import FieldError, read_card

SEED = {
    "nombre": "Ana Test",
    "email": "ana.test@example.com",
    "telefono": "8112345678",
    "empresa": "Demo SA",
    "servicio": "Consultoría IA",
    "fuente": "Landing 1",
}


def test_the_seeds_form() -> None:
    assert read_card(SEED, region="MX") == LeadCard(
        name="Ana Test",
        email="ana.test@example.com",
        phone="+528112345678",
        company="Demo SA",
        service="Consultoría IA",
        source="Landing 1",
    )


def test_unknown_fields_are_kept() -> None:
    card = read_card(
        SEED | {"utm_source": "ads", "gclid": "x1", "edad": 33, "hijos": None, "temas": ["a"]},
        region="MX",
    )

    assert isinstance(card, LeadCard)
    assert card.extra == {
        "utm_source": "ads",
        "gclid": "x1",
        "edad": "33",
        "hijos": "",
        "temas": '["a"]',
    }


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        pytest.param({"nombre": "  "}, {("nombre", "missing")}, id="a name of blanks"),
        pytest.param(
            {"email": "", "telefono": None},
            {("email", "missing_contact"), ("telefono", "missing_contact")},
            id="no contact",
        ),
        pytest.param({"email": "ana@"}, {("email", "bad_email")}, id="half an address"),
        pytest.param({"telefono": "123"}, {("telefono", "bad_phone")}, id="too few digits"),
        pytest.param({"nombre": "a" * 201}, {("nombre", "too_long")}, id="too long"),
        pytest.param({"nombre": ["Ana"]}, {("nombre", "not_text")}, id="a list"),
        pytest.param(
            {"zona_horaria": "Mars/Olympus"}, {("zona_horaria", "bad_zone")}, id="no such zone"
        ),
        pytest.param(
            {"nombre": "", "email": "x", "telefono": "1"},
            {("nombre", "missing"), ("email", "bad_email"), ("telefono", "bad_phone")},
            id="every mistake at once",
        ),
    ],
)
def test_a_bad_form_names_every_field(
    changes: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    answer = read_card(SEED | changes, region="MX")

    assert isinstance(answer, list)
    assert {(fault.field, fault.code) for fault in answer} == faults


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"telefono": 8112345678}, "phone", "+528112345678"),
        ({"email": None}, "email", None),
        ({"telefono": ""}, "phone", None),
        ({"email": "ANA@Example.COM"}, "email", "ana@example.com"),
        ({"nombre": "Ana\r\nBcc: x@example.com"}, "name", "Ana Bcc: x@example.com"),
        ({"nombre": "  José  O'Brien 🎉 "}, "name", "José O'Brien 🎉"),
        ({"nombre": "\u202eAna\u0000"}, "name", "Ana"),
        ({"zona_horaria": "America/Monterrey"}, "time_zone", "America/Monterrey"),
        ({"consentimiento": "sí"}, "consent", "sí"),
    ],
)
def test_a_field_is_read_as_it_was_meant(
    changes: dict[str, Any], field: str, value: str | None
) -> None:
    card = read_card(SEED | changes, region="MX")

    assert isinstance(card, LeadCard)
    assert getattr(card, field) == value


def test_an_unusable_number_is_noted_where_an_email_is_given() -> None:
    card = read_card(SEED | {"telefono": "+881 612 345 678"}, region="MX")
    alone = read_card(SEED | {"telefono": "+881 612 345 678", "email": ""}, region="MX")

    assert isinstance(card, LeadCard)
    assert (card.phone, card.unusable_phone) == (None, "+881 612 345 678")
    assert alone == [FieldError("telefono", "unusable_phone")]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from([*SEED, "zona_horaria", "otro"]) | st.text(), JSON))
def test_any_form_is_either_a_storable_card_or_faults(fields: dict[str, Any]) -> None:
    answer = read_card(fields, region="MX")

    if isinstance(answer, LeadCard):
        assert "\\u0000" not in answer.model_dump_json()
        answer.model_dump_json().encode()
    else:
        assert answer
        assert all(isinstance(fault, FieldError) for fault in answer)


def test_the_errors_come_in_the_order_of_the_form_with_their_limits() -> None:
    long = dict.fromkeys(("nombre", "email", "telefono", "consentimiento"), "a" * 2001)

    assert read_card(long, region="MX") == [
        FieldError("nombre", "too_long", 200),
        FieldError("email", "too_long", 254),
        FieldError("telefono", "too_long", 80),
        FieldError("consentimiento", "too_long", 2000),
    ]
    assert read_card({"email": {"a": "b"}}, region="MX") == [
        FieldError("email", "not_text"),
        FieldError("nombre", "missing"),
    ]
    assert read_card({}, region="MX") == [
        FieldError("nombre", "missing"),
        FieldError("email", "missing_contact"),
        FieldError("telefono", "missing_contact"),
    ]


@pytest.mark.parametrize(
    ("field", "longest"),
    [("nombre", 200), ("empresa", 200), ("consentimiento", 2000)],
)
def test_a_field_may_be_as_long_as_its_limit(field: str, longest: int) -> None:
    assert isinstance(read_card(SEED | {field: "a" * longest}, region="MX"), LeadCard)
    assert read_card(SEED | {field: "a" * (longest + 1)}, region="MX") == [
        FieldError(field, "too_long", longest)
    ]


def test_a_number_is_read_in_the_region_of_the_business() -> None:
    card = read_card(SEED | {"telefono": "300 123 4567"}, region="CO")

    assert isinstance(card, LeadCard)
    assert (card.phone, card.unusable_phone) == ("+573001234567", None)


def test_the_extra_fields_are_storable_text() -> None:
    fields = {"a\x00": "b\x00", "c": {"d": [1.5, True, "ñ"]}, "e": float("inf")}
    card = read_card(SEED | fields, region="MX")

    assert isinstance(card, LeadCard)
    assert card.extra == {"a\ufffd": "b\ufffd", "c": '{"d":[1.5,true,"ñ"]}', "e": "Infinity"}


def test_a_decomposed_letter_is_composed() -> None:
    card = read_card(SEED | {"nombre": "Jose\u0301"}, region="MX")

    assert isinstance(card, LeadCard)
    assert card.name == "Jos\u00e9"
