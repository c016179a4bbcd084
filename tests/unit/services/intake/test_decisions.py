"""How a form is read, and whether its sender is new."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.lead import LeadCard
from services.intake.decisions import (
    Conflict,
    Earlier,
    Existing,
    FieldError,
    Join,
    NewLead,
    Quarantine,
    Replay,
    Submission,
    carried,
    classify,
    read_form,
    same_person,
)
from tests.builders import a_card

SEED = {
    "nombre": "Ana Test",
    "email": "ana.test@example.com",
    "telefono": "8112345678",
    "empresa": "Demo SA",
    "servicio": "Consultoría IA",
    "fuente": "Landing 1",
}


def test_the_seeds_form() -> None:
    assert read_form(SEED, region="MX") == LeadCard(
        name="Ana Test",
        email="ana.test@example.com",
        phone="+528112345678",
        company="Demo SA",
        service="Consultoría IA",
        source="Landing 1",
    )


def test_unknown_fields_are_kept() -> None:
    card = read_form(
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
    answer = read_form(SEED | changes, region="MX")

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
    card = read_form(SEED | changes, region="MX")

    assert isinstance(card, LeadCard)
    assert getattr(card, field) == value


def test_an_unusable_number_is_noted_where_an_email_is_given() -> None:
    card = read_form(SEED | {"telefono": "+881 612 345 678"}, region="MX")
    alone = read_form(SEED | {"telefono": "+881 612 345 678", "email": ""}, region="MX")

    assert isinstance(card, LeadCard)
    assert (card.phone, card.unusable_phone) == (None, "+881 612 345 678")
    assert alone == [FieldError("telefono", "unusable_phone")]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from([*SEED, "zona_horaria", "otro"]) | st.text(), JSON))
def test_any_form_is_either_a_storable_card_or_faults(fields: dict[str, Any]) -> None:
    answer = read_form(fields, region="MX")

    if isinstance(answer, LeadCard):
        assert "\\u0000" not in answer.model_dump_json()
        answer.model_dump_json().encode()
    else:
        assert answer
        assert all(isinstance(fault, FieldError) for fault in answer)


ANONYMOUS_CARD = Existing(keys={}, contents={}, earlier=[])
ANA = Submission(a_card(), b"1")
FRESH = range(1, 10)


def known(*cards: LeadCard, **more: Any) -> Existing:
    """Returns the lookup of lead 7, person 5, with these forms."""
    return Existing({}, {}, [Earlier(7, 5, card, **more) for card in cards])


def join(*changed: str, **more: Any) -> Join:
    return Join(submission_id=1, lead_id=7, person_id=5, changed=changed, **more)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        pytest.param({}, True, id="everything agrees"),
        pytest.param({"email": "otra@example.com"}, True, id="phone and name"),
        pytest.param(
            {"email": "otra@example.com", "name": "ANA  TÓRRES"},
            True,
            id="phone and the name as it is typed",
        ),
        pytest.param({"name": "Luz Torres"}, True, id="phone and email"),
        pytest.param({"phone": "+525512345678"}, True, id="email and name"),
        pytest.param(
            {"phone": None, "name": "Luz Torres"}, True, id="email, and one of the two has no phone"
        ),
        pytest.param(
            {"email": "hija@example.com", "name": "Luz Torres"},
            False,
            id="mother and daughter: the phone",
        ),
        pytest.param(
            {"phone": "+525512345678", "name": "Luz"}, False, id="somebody who typed this email"
        ),
        pytest.param({"email": None, "name": "Luz"}, False, id="somebody who typed this phone"),
        pytest.param(
            {"phone": "+525512345678", "email": "otra@example.com"}, False, id="a namesake"
        ),
    ],
)
def test_who_is_one_person(changes: dict[str, Any], same: bool) -> None:
    assert same_person(a_card(), a_card(**changes)) is same
    assert same_person(a_card(**changes), a_card()) is same


@pytest.mark.parametrize(
    ("batch", "before", "verdicts"),
    [
        pytest.param([ANA], ANONYMOUS_CARD, [NewLead(1, 1)], id="a new person"),
        pytest.param([ANA], known(a_card()), [join()], id="again within a day"),
        pytest.param(
            [ANA], known(a_card(), recent=False), [join(returned=True)], id="again after a day"
        ),
        pytest.param(
            [Submission(a_card(email="new@example.com", service="Otro"), b"2")],
            known(a_card()),
            [join("email", "service")],
            id="with another email and service",
        ),
        pytest.param(
            [ANA],
            known(a_card(phone=None)),
            [join("phone")],
            id="the phone comes with the second form",
        ),
        pytest.param(
            [ANA],
            known(a_card(), ended="opted_out"),
            [NewLead(1, 5)],
            id="after a stop: a new lead",
        ),
        pytest.param(
            [ANA],
            known(a_card(), ended="finished", recent=False),
            [NewLead(1, 5, (7,))],
            id="after its journey ended",
        ),
        pytest.param(
            [ANA], known(a_card(), ended="closed"), [join()], id="closed, and answered within a day"
        ),
        pytest.param(
            [ANA, Submission(a_card(service="X"), b"2")],
            ANONYMOUS_CARD,
            [NewLead(1, 1), Join(2, 1, 1, ("service",))],
            id="twice in one batch",
        ),
        pytest.param(
            [ANA, ANA],
            ANONYMOUS_CARD,
            [NewLead(1, 1), Replay(1)],
            id="the same content in one batch",
        ),
        pytest.param(
            [ANA],
            Existing({}, {b"1": 9}, []),
            [Replay(9)],
            id="the same content within ten minutes",
        ),
        pytest.param(
            [Submission(a_card(), b"1", "k")],
            Existing({"k": (b"1", 9)}, {}, []),
            [Replay(9)],
            id="the same key",
        ),
        pytest.param(
            [Submission(a_card(), b"2", "k")],
            Existing({"k": (b"1", 9)}, {}, []),
            [Conflict()],
            id="a key reused",
        ),
        pytest.param(
            [
                Submission(a_card(), b"1", "k"),
                Submission(a_card(), b"1", "k"),
                Submission(a_card(), b"2", "k"),
            ],
            ANONYMOUS_CARD,
            [NewLead(1, 1), Replay(1), Conflict()],
            id="one key thrice in one batch",
        ),
        pytest.param(
            [Submission(a_card(), b"1", suspect=True), Submission(a_card(), b"2")],
            ANONYMOUS_CARD,
            [Quarantine(1), NewLead(2, 2)],
            id="a robot does not join a lead",
        ),
        pytest.param(
            [ANA],
            Existing(
                {}, {}, [Earlier(7, 7, a_card(email=None)), Earlier(8, 8, a_card(phone=None))]
            ),
            [Join(1, 8, 8, ("phone",), supersedes=(7,), merges=(7,))],
            id="a form that joins two leads: one journey",
        ),
    ],
)
def test_what_becomes_of_a_form(
    batch: list[Submission], before: Existing, verdicts: list[object]
) -> None:
    settled = classify(batch, before, list(FRESH)[: len(batch)])

    assert settled == verdicts


def test_events_carry_the_beginning_of_long_fields() -> None:
    short = a_card(extra={"utm": "ads"})
    long = a_card(extra={f"f{n}": "x" * 60_000 for n in range(60)})

    assert carried(short) is short
    assert len(carried(long).model_dump_json()) < 50_000
    assert list(carried(long).extra)[:2] == ["f0", "f1"]
