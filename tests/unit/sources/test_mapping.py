"""How the fields of a form become a card."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.lead import LeadCard
from sources.mapping import FieldError, card_of, read_card, suggested
from sources.model import Form

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


@pytest.mark.parametrize(
    ("sent", "phone"),
    [
        (8112345678, "+528112345678"),
        (528112345678, "+528112345678"),
        (5218112345678, "+528112345678"),
        (12129270020, "+12129270020"),
        (51958760012, "+51958760012"),
        (34639860042, "+34639860042"),
    ],
)
def test_a_phone_that_was_sent_as_a_number_has_its_plus_again(sent: int, phone: str) -> None:
    card = read_card(SEED | {"telefono": sent}, region="MX")

    assert isinstance(card, LeadCard)
    assert card.phone == phone


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


CONTACT = {"email": "ana@example.com"}


def a_card(fields: dict[str, Any], **options: Any) -> LeadCard:
    card = read_card(CONTACT | fields, region="MX", **options)
    assert isinstance(card, LeadCard)
    return card


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"first_name": "Ana", "last_name": "Gómez"}, "Ana Gómez"),
        ({"last_name": "Gómez", "first_name": "Ana"}, "Ana Gómez"),
        ({"nombre": "Ana", "apellido": "Gómez"}, "Ana Gómez"),
        (
            {"nombre": "Ana", "apellido paterno": "Gómez", "apellido materno": "Ruiz"},
            "Ana Gómez Ruiz",
        ),
        ({"nombre": "Ana Gómez", "apellido": "gómez"}, "Ana Gómez"),
        (
            {"full_name": "Ana Gómez", "first_name": "Ana", "last_name": "Gómez"},
            "Ana Gómez",
        ),
        ({"first_name": "Ana", "middle_name": "Luz", "last_name": "Gómez"}, "Ana Luz Gómez"),
        ({"apellido": "Gómez"}, "Gómez"),
        ({"nombre": "Ana", "apellido": "Ana María"}, "Ana Ana María"),
        ({"nombre": "Null"}, "Null"),
        ({"nombre": "null", "apellido": "undefined"}, ""),
        ({}, ""),
    ],
)
def test_the_parts_of_a_name_are_joined(fields: dict[str, str], name: str) -> None:
    card = a_card(fields)

    assert card.name == name
    assert card.extra == {}


@pytest.mark.parametrize(
    ("fields", "phone"),
    [
        ({"codigo_pais": "+57", "telefono": "300 123 4567"}, "+573001234567"),
        ({"country_code": "1", "phone": "4155552671"}, "+14155552671"),
        ({"country_code": "Mexico (+52)", "phone": "8112345678"}, "+528112345678"),
        ({"country_code": "CO", "phone": "300 123 4567"}, "+573001234567"),
        ({"country_code": "+52", "phone": "+1 415 555 2671"}, "+14155552671"),
        ({"country_code": "+52", "phone": "52 81 1234 5678"}, "+528112345678"),
        ({"country_code": "nonsense", "phone": "8112345678"}, "+528112345678"),
        ({"lada": "81", "telefono": "1234 5678"}, "+528112345678"),
        ({"lada": "81", "telefono": "5587654321"}, "+525587654321"),
    ],
)
def test_a_code_in_a_field_of_its_own(fields: dict[str, str], phone: str) -> None:
    assert a_card(fields).phone == phone


@pytest.mark.parametrize(
    ("fields", "phone", "extra"),
    [
        pytest.param(
            {"telefono": "8112345678", "celular": "+52 81 1234 5678"},
            "+528112345678",
            {},
            id="one number, twice",
        ),
        pytest.param(
            {"telefono": "8112345678", "celular": "5587654321"},
            "+528112345678",
            {"celular": "5587654321"},
            id="two numbers",
        ),
        pytest.param(
            {"telefono": "123", "celular": "5587654321"},
            "+525587654321",
            {"telefono": "123"},
            id="only the second can be used",
        ),
        pytest.param(
            {"telefono": "8112345678 ext. 12"},
            "+528112345678",
            {"telefono": "8112345678 ext. 12"},
            id="an extension",
        ),
        pytest.param(
            {"¿Qué teléfono prefieres?": "el de casa", "cel": "8112345678"},
            "+528112345678",
            {"¿Qué teléfono prefieres?": "el de casa"},
            id="a question that asks for no number",
        ),
        pytest.param(
            {"¿Qué teléfono prefieres?": "5587654321", "cel": "8112345678"},
            "+528112345678",
            {"¿Qué teléfono prefieres?": "5587654321"},
            id="a field named for it comes first",
        ),
    ],
)
def test_of_several_phones_the_first_that_can_be_used(
    fields: dict[str, str], phone: str, extra: dict[str, str]
) -> None:
    card = a_card(fields)

    assert (card.phone, card.unusable_phone, card.extra) == (phone, None, extra)


@pytest.mark.parametrize(
    ("typed", "email"),
    [
        ("ANA@Example.com ", "ana@example.com"),
        ("mailto:ana@example.com", "ana@example.com"),
        ("Ana Gómez <ana@example.com>", "ana@example.com"),
        ("<ana@example.com>", "ana@example.com"),
        ('"ana@example.com"', "ana@example.com"),
        ("ana@example.com.", "ana@example.com"),
        ("ana@example.com, otro@example.com", "ana@example.com"),
        ("ana@example.com / otro@example.com", "ana@example.com"),
        ("ana@example.com/otro@example.com", "ana@example.com"),
        ("ana @ example.com", "ana@example.com"),
        ("ana＠example．com", "ana@example.com"),
        ("ana\u200b@example.com", "ana@example.com"),
        ("ana+promo@example.com", "ana+promo@example.com"),
        ("ana.o'brien@example.com", "ana.o'brien@example.com"),
        ("ana@ñandú.example.com", "ana@ñandú.example.com"),
        ("josé@example.com", "josé@example.com"),
        ("ana..b@example.com", None),
        ("ana@example", None),
        ("ana@-example.com", None),
        ("@example.com", None),
        ("no tengo", None),
        (f"{'a' * 65}@example.com", None),
        (f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 60}.com", None),
    ],
)
def test_an_email_as_people_type_it(typed: str, email: str | None) -> None:
    card = read_card({"telefono": "8112345678", "email": typed}, region="MX")

    assert isinstance(card, LeadCard)
    assert card.email == email
    assert (card.unusable_email is None) is (email is not None)


def test_of_several_emails_the_others_are_kept() -> None:
    card = a_card(
        {
            "email": "ANA@example.com",
            "Confirma tu correo": "ana@example.com",
            "mail": "b@example.com",
        }
    )

    assert card.email == "ana@example.com"
    assert card.extra == {"mail": "b@example.com"}


@pytest.mark.parametrize(
    ("fields", "reached"),
    [
        pytest.param({"input_3": "ana@example.com"}, "ana@example.com", id="an email"),
        pytest.param({"input_4": "+52 81 1234 5678"}, "+528112345678", id="a whole number"),
        pytest.param(
            {"telefono": "1", "x": "ana@example.com"}, "ana@example.com", id="beside a bad"
        ),
        pytest.param({"folio": "8112345678"}, None, id="digits that may be anything"),
        pytest.param({"x": "+12", "y": "+881 612 345 678"}, None, id="no number of a person's"),
        pytest.param({"recipient": "ventas@example.com"}, None, id="the business's own"),
        pytest.param({"nota": "escribe a ana@example.com"}, None, id="inside a text"),
    ],
)
def test_before_a_person_is_turned_away_fields_without_telling_names_are_tried(
    fields: dict[str, str], reached: str | None
) -> None:
    card = read_card(fields, region="MX")

    if reached is None:
        assert isinstance(card, list)
    else:
        assert isinstance(card, LeadCard)
        assert reached in (card.email, card.phone)


def test_each_bad_address_is_named_once() -> None:
    fields = {"telefono": "+881 612 345 678", "celular": "+881 612 345 679", "correo": "a@b"}

    assert read_card(fields, region="MX") == [
        FieldError("correo", "bad_email"),
        FieldError("telefono", "unusable_phone"),
    ]


def test_of_very_many_addresses_only_the_first_are_tried() -> None:
    numbers = {f"telefono{number}": f"+52 1 {number}" for number in range(900)}
    began = time.process_time()

    assert isinstance(read_card(numbers | {"tel": "8112345678"}, region="MX"), list)
    assert isinstance(read_card({"tel": "8112345678"} | numbers, region="MX"), LeadCard)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("fields", "consent"),
    [
        ({"consentimiento": "Acepto el aviso v3"}, "Acepto el aviso v3"),
        ({"consentimiento": "false"}, None),
        ({"consentimiento": "No"}, None),
        ({"acepta_aviso": "on", "acepta_whatsapp": "on"}, "acepta_aviso: on; acepta_whatsapp: on"),
        ({"Acepto el aviso": True}, "Acepto el aviso: true"),
        ({"Acepto el aviso": False}, None),
        ({"Acepto el aviso": "Sí, acepto"}, "Acepto el aviso: Sí, acepto"),
        ({"Acepto el aviso": "Acepto el aviso"}, "Acepto el aviso: Acepto el aviso"),
        ({"Acepto el aviso": ""}, None),
        ({"Acepto el aviso": "no"}, None),
        ({"consent": "sí", "acepta_aviso": "1"}, "sí; acepta_aviso: 1"),
        ({"terms": "casas en venta"}, None),
        ({"utm_term": "acepto"}, None),
    ],
)
def test_what_the_person_agreed_to(fields: dict[str, Any], consent: str | None) -> None:
    assert a_card(fields).consent == consent


def test_a_configured_mapping_overrides_the_names() -> None:
    fields = {"Campo 7": "8112345678", "nombre": "Landing", "campo_8": "Ana", "empresa": "x"}
    overrides = {"campo-7": "telefono", "nombre": "", "Campo 8": "name", "empresa": "unheard of"}
    card = a_card(fields, overrides=overrides)

    assert (card.phone, card.name, card.company) == ("+528112345678", "Ana", None)
    assert card.extra == {"nombre": "Landing", "empresa": "x"}


def test_a_configured_field_comes_before_others_of_its_kind() -> None:
    card = a_card({"telefono": "8112345678", "otro": "5587654321"}, overrides={"otro": "phone"})

    assert card.phone == "+525587654321"
    assert card.extra == {"telefono": "8112345678"}


def test_wordpress_entities_and_noncharacters_are_read_as_typed() -> None:
    card = a_card(
        {
            "nombre": "Mar&iacute;a O\\'Brien\uffff",
            "empresa": "P&eacute;rez &amp; Hijos",
            "a": "&lt;3",
        }
    )

    assert (card.name, card.company, card.extra) == ("María O'Brien", "Pérez & Hijos", {"a": "<3"})


def test_of_many_answers_a_hundred_are_kept_and_the_card_is_whole() -> None:
    fields = {f"pregunta {number}": "x" for number in range(150)} | {"nombre": "Ana"}
    card = a_card(fields)

    assert card.name == "Ana"
    assert list(card.extra) == [f"pregunta {number}" for number in range(100)]


def test_long_names_and_values_are_cut_and_the_cut_is_seen() -> None:
    card = a_card({"p" * 201: "x", "mensaje": "y" * 4001, "nota": "z" * 4000})

    assert card.extra == {"p" * 200: "x", "mensaje": "y" * 3999 + "…", "nota": "z" * 4000}


def test_two_names_that_are_cut_alike_are_both_kept() -> None:
    card = a_card({"p" * 200 + "1": "x", "p" * 200 + "2": "y"})

    assert card.extra == {"p" * 200: "x, y"}


@pytest.mark.parametrize(
    ("form", "source"),
    [
        (Form("form", CONTACT), None),
        (Form("google", CONTACT), "Google Ads"),
        (Form("meta", CONTACT), "Facebook"),
        (Form("meta", CONTACT, attribution={"platform": "instagram"}), "Instagram"),
        (Form("google", CONTACT | {"fuente": "Landing 1"}), "Landing 1"),
        (Form("landing-verano", CONTACT), None),
    ],
)
def test_the_source_is_what_the_form_says_else_the_platforms_name(
    form: Form, source: str | None
) -> None:
    card = card_of(form, region="MX")

    assert isinstance(card, LeadCard)
    assert card.source == source


def test_what_the_source_knows_goes_before_what_the_fields_say() -> None:
    form = Form(
        "google",
        {"contacto": "ana@example.com", "gclid": "typed", "utm_source": "x"},
        attribution={"gclid": "known"},
        hints={"contacto": "email"},
    )
    card = card_of(form, region="MX")
    overridden = card_of(form, region="MX", overrides={"contacto": ""})

    assert isinstance(card, LeadCard)
    assert card.attribution == {"gclid": "known", "utm_source": "x"}
    assert card.email == "ana@example.com"
    assert isinstance(overridden, list)


def test_the_columns_of_a_file_and_what_they_seem_to_hold() -> None:
    columns = ["Nombre", "Apellidos", "Tel. celular", "¿Tu mail?", "Ciudad", "Acepto el aviso"]

    assert suggested(columns) == {
        "Nombre": "name",
        "Apellidos": "last_name",
        "Tel. celular": "phone",
        "¿Tu mail?": "email",
        "Ciudad": "",
        "Acepto el aviso": "consent",
    }
