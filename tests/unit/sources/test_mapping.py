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
        "temas": "a",
    }


NOBODY = {"email": "", "telefono": ""}


@pytest.mark.parametrize(
    ("contact", "faults"),
    [
        pytest.param(
            {"email": "", "telefono": None},
            [("email", "missing_contact"), ("telefono", "missing_contact")],
            id="no contact",
        ),
        pytest.param({"email": "ana@"}, [("email", "bad_email")], id="half an address"),
        pytest.param({"telefono": "123"}, [("telefono", "bad_phone")], id="too few digits"),
        pytest.param(
            {"telefono": "+881 612 345 678"}, [("telefono", "unusable_phone")], id="a satellite"
        ),
        pytest.param(
            {"Tu correo": "x", "Celular": "1"},
            [("Tu correo", "bad_email"), ("Celular", "bad_phone")],
            id="every mistake at once, in the form's words",
        ),
        pytest.param(
            {"email": "undefined", "telefono": "null"},
            [("email", "missing_contact"), ("telefono", "missing_contact")],
            id="what programs write for nothing",
        ),
    ],
)
def test_a_form_that_cannot_be_answered_names_every_address(
    contact: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    answer = read_card(SEED | NOBODY | contact, region="MX")

    assert answer == [FieldError(field, code) for field, code in faults]


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


@pytest.mark.parametrize(
    ("changes", "values"),
    [
        pytest.param(
            {"telefono": "+881 612 345 678"},
            {"phone": None, "unusable_phone": "+881 612 345 678"},
            id="a number that no person owns",
        ),
        pytest.param(
            {"telefono": "no tengo"}, {"phone": None, "unusable_phone": "no tengo"}, id="no number"
        ),
        pytest.param(
            {"email": "ana@"}, {"email": None, "unusable_email": "ana@"}, id="half an address"
        ),
        pytest.param({"nombre": "  "}, {"name": ""}, id="no name"),
        pytest.param({"zona_horaria": "Etc/Unknown"}, {"time_zone": None}, id="no such zone"),
        pytest.param({"zona_horaria": "undefined"}, {"time_zone": None}, id="no zone"),
        pytest.param({"nombre": ["Ana", "Test"]}, {"name": "Ana, Test"}, id="a list"),
    ],
)
def test_a_bad_field_never_costs_a_lead_that_can_be_answered(
    changes: dict[str, Any], values: dict[str, str | None]
) -> None:
    card = read_card(SEED | changes, region="MX")

    assert isinstance(card, LeadCard)
    assert {name: getattr(card, name) for name in values} == values


def test_a_zone_that_cannot_be_used_is_kept() -> None:
    card = read_card(SEED | {"zona_horaria": "Etc/Unknown"}, region="MX")

    assert isinstance(card, LeadCard)
    assert card.extra == {"zona_horaria": "Etc/Unknown"}


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


@pytest.mark.parametrize(
    ("sent", "held", "longest"),
    [
        ("nombre", "name", 200),
        ("empresa", "company", 200),
        ("servicio", "service", 200),
        ("fuente", "source", 200),
        ("consentimiento", "consent", 2000),
    ],
)
def test_a_value_that_is_too_long_is_cut_and_kept(sent: str, held: str, longest: int) -> None:
    whole = read_card(SEED | {sent: "a" * longest}, region="MX")
    cut = read_card(SEED | {sent: "a" * (longest + 1)}, region="MX")

    assert isinstance(whole, LeadCard)
    assert isinstance(cut, LeadCard)
    assert getattr(whole, held) == getattr(cut, held) == "a" * longest
    assert whole.extra == {}
    assert cut.extra == {sent: "a" * (longest + 1)}


def test_a_number_is_read_in_the_region_of_the_business() -> None:
    card = read_card(SEED | {"telefono": "300 123 4567"}, region="CO")

    assert isinstance(card, LeadCard)
    assert (card.phone, card.unusable_phone) == ("+573001234567", None)


def test_the_extra_fields_are_storable_text() -> None:
    fields = {"a\x00": "b\x00", "c": {"d": [1.5, True, "ñ"]}, "e": float("inf")}
    card = read_card(SEED | fields, region="MX")

    assert isinstance(card, LeadCard)
    assert card.extra == {"a": "b", "c.d": "1.5, true, ñ", "e": "Infinity"}


def test_a_decomposed_letter_is_composed() -> None:
    card = read_card(SEED | {"nombre": "Jose\u0301"}, region="MX")

    assert isinstance(card, LeadCard)
    assert card.name == "Jos\u00e9"
