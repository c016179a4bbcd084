"""What is left out of a lead that Kommo refuses, and what is said about it."""

from typing import Any

import pytest

from providers.kommo.models import ItemError
from services.crm.decisions.kommo import Place, lead_body
from services.crm.decisions.kommo_fields import LeftOut
from services.crm.decisions.kommo_refusals import (
    REFUSED,
    corrected,
    note_about,
    plain_move_reason,
    plain_reason,
)
from tests.builders import a_card

FIELDS = {"fuente": 3, "servicio": 4}
VALUES = [
    {"field_id": 3, "values": [{"value": "TikTok"}]},
    {"field_id": 4, "values": [{"enum_id": 12}]},
]


def a_body(contact_id: int | None = None) -> dict[str, Any]:
    return lead_body(
        7,
        a_card(),
        place=Place(70, 60),
        fields=VALUES,
        contact_id=contact_id,
        tags=("web",),
        responsible=5,
    )


def faults(*paths: str) -> list[ItemError]:
    return [ItemError("NotSupportedChoice", path, "not a valid choice") for path in paths]


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("custom_fields_values.0.values.0.value", LeftOut("fuente", "TikTok", REFUSED)),
        ("custom_fields_values.1.field_id", LeftOut("servicio", "12", REFUSED)),
        ("responsible_user_id", LeftOut("responsable", "5", REFUSED)),
        ("_embedded.tags.0.name", LeftOut("etiquetas", "web", REFUSED)),
        ("_embedded.companies.0.name", LeftOut("empresa", "Demo SA", REFUSED)),
        ("name", LeftOut("nombre", "Ana Torres", REFUSED)),
        (
            "_embedded.contacts.0.custom_fields_values.0.values.0.value",
            LeftOut("teléfono", "+528112345678", REFUSED),
        ),
        ("_embedded.contacts.0.name", LeftOut("nombre del contacto", "Ana Torres", REFUSED)),
    ],
)
def test_what_is_optional_costs_no_lead(path: str, left_out: LeftOut) -> None:
    reduced = corrected(7, a_body(), faults(path), FIELDS)

    assert reduced is not None
    assert reduced.left_out == (left_out,)
    assert reduced.body != a_body()
    assert reduced.body["name"].endswith("#7")
    assert not reduced.contact_gone


def test_several_faults_at_once() -> None:
    wrong = faults(
        "custom_fields_values.0.values.0.enum_id",
        "custom_fields_values.1.field_id",
        "custom_fields_values.1.values.0.enum_id",
        "_embedded.tags",
    )
    reduced = corrected(7, a_body(), wrong, FIELDS)

    assert reduced is not None
    assert {value.name for value in reduced.left_out} == {"fuente", "servicio", "etiquetas"}
    assert "custom_fields_values" not in reduced.body
    assert a_body()["custom_fields_values"] == VALUES, "the body that was sent stays"


@pytest.mark.parametrize("path", ["_embedded.contacts.0.id", "_embedded.contacts.0"])
def test_a_contact_that_is_gone(path: str) -> None:
    reduced = corrected(7, a_body(contact_id=9), faults(path), FIELDS)

    assert reduced is not None
    assert reduced.contact_gone


OWN = {"fuente", "servicio", "etiquetas", "empresa", "responsable"}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("custom_fields_values", {"fuente", "servicio"}),
        ("custom_fields_values.7.field_id", {"fuente", "servicio"}),
        ("custom_fields_values[1].values[0].enum_id", {"servicio"}),
        ("0.custom_fields_values.0", {"fuente"}),
        ("/custom_fields_values/0/", {"fuente"}),
        ("_embedded.contacts.custom_fields_values.0.values", {"teléfono"}),
        ("_embedded.contacts", {"teléfono", "correo"}),
        ("_embedded.contacts.0", {"teléfono", "correo"}),
        ("_embedded.contacts.custom_fields_values", {"teléfono", "correo"}),
        ("_embedded.contacts.0.custom_fields_values.9.values", {"teléfono", "correo"}),
        ("_embedded", {"etiquetas", "empresa"}),
        ("_embedded.tags.4", {"etiquetas"}),
        ("price", OWN),
        ("something", OWN),
        ("", OWN),
    ],
)
def test_a_group_is_left_out_where_no_single_value_is_named(path: str, names: set[str]) -> None:
    reduced = corrected(7, a_body(), faults(path), FIELDS)

    assert reduced is not None
    assert {value.name for value in reduced.left_out} == names
    assert not reduced.contact_gone


def all_steps(body: dict[str, Any], *paths: str) -> list[set[str]]:
    """Returns the names of what is left out, refusal after refusal, until nothing more is."""
    steps: list[set[str]] = []
    while (reduced := corrected(7, body, faults(*paths), FIELDS)) and not reduced.contact_gone:
        steps.append({value.name for value in reduced.left_out})
        body.clear()
        body.update(reduced.body)
    return steps


@pytest.mark.parametrize("paths", [(), ("",), ("something",), ("", "_embedded.something.0")])
def test_a_refusal_that_names_nothing_leaves_the_least_out_first(paths: tuple[str, ...]) -> None:
    body = a_body()

    steps = all_steps(body, *paths)

    assert steps == [OWN, {"teléfono", "correo"}, {"nombre", "nombre del contacto"}]
    assert body == {
        "name": "#7",
        "pipeline_id": 70,
        "status_id": 60,
        "request_id": "7",
        "_embedded": {},
    }


def test_a_known_contact_is_the_last_that_is_doubted() -> None:
    body = a_body(contact_id=9)

    assert all_steps(body) == [OWN - {"empresa"}, {"nombre"}]
    assert body["_embedded"]["contacts"] == [{"id": 9, "is_main": True}]
    last = corrected(7, body, faults(""), FIELDS)
    assert last is not None
    assert last.contact_gone


def test_a_contact_without_any_value_is_not_sent() -> None:
    body = a_body()

    assert all_steps(body, "_embedded.contacts")[:2] == [
        {"teléfono", "correo"},
        {"nombre del contacto"},
    ]
    assert "contacts" not in body["_embedded"]


@pytest.mark.parametrize(
    "paths",
    [
        ("id",),
        ("status_id",),
        ("pipeline_id",),
        ("request_id",),
        ("custom_fields_values.0.field_id", "status_id"),
    ],
)
def test_nothing_is_left_out_where_what_is_needed_is_refused(paths: tuple[str, ...]) -> None:
    assert corrected(7, a_body(), faults(*paths), FIELDS) is None


def test_a_name_that_is_refused_is_not_shortened_twice() -> None:
    once = corrected(7, a_body(), faults("name"), FIELDS)

    assert once is not None
    assert once.body["name"] == "#7"
    again = corrected(7, once.body, faults("name"), FIELDS)
    assert again is not None
    assert {value.name for value in again.left_out} == OWN


def test_tags_of_a_lead_that_is_updated() -> None:
    changes = {"tags_to_add": [{"name": "web"}], "custom_fields_values": VALUES}

    reduced = corrected(7, changes, faults("tags_to_add.0.name"), FIELDS)

    assert reduced is not None
    assert reduced.left_out == (LeftOut("etiquetas", "web", REFUSED),)
    assert reduced.body == {"custom_fields_values": VALUES}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("status_id", "KOMMO_STATUS_ID_INICIAL"),
        ("pipeline_id", "KOMMO_PIPELINE_ID"),
        ("something", "Kommo no aceptó el lead (NotSupportedChoice something not a valid choice)"),
    ],
)
def test_the_reason_is_plain_and_has_kommos_own_words(path: str, words: str) -> None:
    reason = plain_reason(faults(path), "kommo: 400")

    assert words in reason
    assert "not a valid choice" in reason
    assert plain_reason([], "kommo: 400 ana@example.com").endswith("(kommo: 400 a***@example.com)")


def test_what_is_left_out_is_named_even_where_no_setting_names_it() -> None:
    body = {
        "name": "#7",
        "custom_fields_values": [
            {"field_id": 9, "values": [{"value": "a"}, {"enum_id": 4}, {"enum_code": "WORK"}]},
            {"field_code": "UTM", "values": [{"value": "b"}]},
        ],
        "_embedded": {
            "tags": [{"name": "web"}, {"id": 3}],
            "contacts": [
                {
                    "first_name": "Ana",
                    "custom_fields_values": [
                        {"field_code": "POSITION", "values": [{"value": "Gerente"}]}
                    ],
                }
            ],
        },
    }
    kinds = [
        "custom_fields_values",
        "_embedded.tags",
        "_embedded.contacts.0.custom_fields_values",
        "_embedded.contacts.0.first_name",
    ]
    reduced = corrected(7, body, faults(*kinds), FIELDS)

    assert reduced is not None
    assert reduced.body == {"name": "#7", "_embedded": {}}
    assert [(value.name, value.value) for value in reduced.left_out] == [
        ("first_name", "Ana"),
        ("dato del contacto", "Gerente"),
        ("etiquetas", "web, {'id': 3}"),
        ("campo", "b"),
        ("campo", "a, 4, "),
    ]


def test_every_error_of_a_refusal_is_in_its_reason() -> None:
    reason = plain_reason(faults("pipeline_id", "price"), "")
    move = plain_move_reason(faults("status_id", "price"), "")
    own = "NotSupportedChoice price not a valid choice)"

    assert reason == (
        "Kommo no tiene el embudo KOMMO_PIPELINE_ID. Corrígelo en .env "
        f"(NotSupportedChoice pipeline_id not a valid choice; {own}"
    )
    assert move == (
        "Kommo no dejó mover el lead de etapa "
        f"(NotSupportedChoice status_id not a valid choice; {own}"
    )


def test_a_note_without_a_value_and_a_long_one() -> None:
    assert note_about(LeftOut("contacto", "", "no existe")) == (
        "No se guardó en su campo de Kommo (no existe). contacto"
    )
    assert note_about(LeftOut("x", "y" * 1001, "z")).endswith(f". x: {'y' * 1000}")


def test_the_note_keeps_the_value() -> None:
    assert note_about(LeftOut("fuente", "TikTok", "no está en la lista")) == (
        "No se guardó en su campo de Kommo (no está en la lista). fuente: TikTok"
    )
