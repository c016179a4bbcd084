"""A form's texts as the types of Kommo's custom fields demand them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from providers.kommo.models import CustomField
from services.crm.decisions.kommo_fields import LeftOut, field_values, read_number, read_time
from tests.builders import a_card

ZONE = ZoneInfo("America/Mexico_City")
SOURCES = {1: "LinkedIn", 2: "Google Ads", 3: "Radio, prensa", 4: "Recomendación"}
MIDNIGHT = int(datetime(2026, 3, 12, 6, tzinfo=UTC).timestamp())
ONE_O_CLOCK = int(datetime(2026, 3, 12, 19, tzinfo=UTC).timestamp())


def written(type_: str, text: str) -> list[dict[str, Any]] | None:
    field = CustomField(9, "Campo", type_, SOURCES)
    values, _ = field_values(a_card(extra={"x": text}), {"x": 9}, {9: field}, ZONE)
    return values[0]["values"] if values else None


@pytest.mark.parametrize(
    ("type_", "text", "values"),
    [
        ("text", "Ads", [{"value": "Ads"}]),
        ("text", "x" * 257, None),
        ("textarea", "x" * 257, [{"value": "x" * 257}]),
        ("select", " linkedin ", [{"enum_id": 1}]),
        ("select", "recomendacion", [{"enum_id": 4}]),
        ("select", "LinkedIn Ads", None),
        ("radiobutton", "Google  Ads", [{"enum_id": 2}]),
        ("multiselect", "LinkedIn; google ads", [{"enum_id": 1}, {"enum_id": 2}]),
        ("multiselect", "Radio, prensa", [{"enum_id": 3}]),
        ("multiselect", "LinkedIn, TikTok", [{"enum_id": 1}]),
        ("multiselect", "TikTok", None),
        ("checkbox", "Sí", [{"value": True}]),
        ("checkbox", "no", [{"value": False}]),
        ("checkbox", "quizás", None),
        ("numeric", "$1,500.50 MXN", [{"value": "1500.50"}]),
        ("monetary", "12 personas", None),
        ("date", "2026-03-12", [{"value": MIDNIGHT}]),
        ("date", "12/03/2026 13:00", [{"value": MIDNIGHT}]),
        ("birthday", "12-03-2026", [{"value": MIDNIGHT}]),
        ("date_time", "12/03/2026 13:00", [{"value": ONE_O_CLOCK}]),
        ("date_time", "2026-03-12T19:00:00Z", [{"value": ONE_O_CLOCK}]),
        ("date", "mañana", None),
        ("date", "31/02/2026", None),
        ("multitext", "+528112345678", [{"value": "+528112345678", "enum_code": "WORK"}]),
        ("file", "x", None),
        ("a_type_of_tomorrow", "x", None),
    ],
)
def test_a_value(type_: str, text: str, values: list[dict[str, Any]] | None) -> None:
    assert written(type_, text) == values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1500", "1500"),
        ("1,500", "1500"),
        ("1.500,50", "1500.50"),
        ("1.500.000", "1500000"),
        ("1 500 000", "1500000"),
        ("0,5", "0.5"),
        ("-3", "-3"),
        ("- $3", "-3"),
        ("US$1,500", "1500"),
        ("1 500,50 pesos", "1500.50"),
        ("0.125", "0.125"),
        ("0,125", "0.125"),
        ("-0.125", "-0.125"),
        ("1.125", "1125"),
        ("1500.125", "1500.125"),
        ("12,500", "12500"),
        ("1,500.125", "1500.125"),
        (".5", "0.5"),
        ("00.500", "0.500"),
        ("12.03.2026", None),
        ("1,234,56", None),
        ("1.50.000", None),
        ("0.500.000", None),
        ("1,2,3", None),
        ("12 meses", None),
        ("1 50", None),
        ("10%", "10"),
        ("10-20", None),
        ("3 a 5", None),
        ("", None),
    ],
)
def test_a_number(text: str, number: str | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("12/03/2026", "00:00:00"),
        ("12/03/2026 5:30 pm", "17:30:00"),
        ("12/03/2026 5:30 p.m.", "17:30:00"),
        ("12/03/2026 5:30 P. M.", "17:30:00"),
        ("12/3/2026 05:30PM", "17:30:00"),
        ("12-03-2026 5 pm", "17:00:00"),
        ("12.03.2026 12:05 a.m.", "00:05:00"),
        ("12/03/2026 12:05 pm", "12:05:00"),
        ("12/03/2026 1:05:09 am", "01:05:09"),
        ("12/03/2026, 17:30", "17:30:00"),
        ("12/03/2026 17:30 hrs.", "17:30:00"),
        ("12/03/2026 a las 17:30 h", "17:30:00"),
        ("12/03/2026 a la 1:00 p.m.", "13:00:00"),
        ("12/03/2026 17 horas", "17:00:00"),
        ("2026-03-12 5:30 pm", "17:30:00"),
        ("2026/03/12 17:30", "17:30:00"),
        ("12 de marzo de 2026", "00:00:00"),
        ("12 de Marzo del 2026 a las 5:30 pm", "17:30:00"),
        ("12-mar-2026 17:30", "17:30:00"),
        ("12 mar. 2026", "00:00:00"),
    ],
)
def test_a_time(text: str, time: str) -> None:
    read = read_time(text, ZONE)

    assert read is not None
    assert read.isoformat() == f"2026-03-12T{time}-06:00"


@pytest.mark.parametrize(
    "text",
    [
        "12/03/2026 25:00",
        "12/03/2026 17:60",
        "12/03/2026 5:30 xm",
        "12/03/2026 5",
        "12/03/2026 13:00 17:00",
        "12 de brumario de 2026",
        "32/03/2026 5:30 pm",
        "5:30 pm",
        "pm",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert read_time(text, ZONE) is None


def test_what_a_field_does_not_take_is_said() -> None:
    fields = {1: CustomField(1, "Fuente", "select", SOURCES), 2: CustomField(2, "Servicio")}
    wanted = {"fuente": 1, "servicio": 2, "utm_campaign": 3, "ciudad": 4}
    card = a_card(source="TikTok", service="Web", extra={"UTM_Campaign": "buen fin"})
    values, left_out = field_values(card, wanted, fields, ZONE)

    assert values == [{"field_id": 2, "values": [{"value": "Web"}]}]
    assert left_out == [
        LeftOut("fuente", "TikTok", "no está en la lista del campo «Fuente»"),
        LeftOut("utm_campaign", "buen fin", "ese campo ya no existe en Kommo"),
    ]


def test_a_part_of_a_list_is_said_too() -> None:
    field = CustomField(1, "Fuente", "multiselect", SOURCES)
    values, [left_out] = field_values(
        a_card(source="LinkedIn, TikTok"), {"fuente": 1}, {1: field}, ZONE
    )

    assert values == [{"field_id": 1, "values": [{"enum_id": 1}]}]
    assert left_out.why.endswith("no está: TikTok")


def test_without_the_accounts_fields_each_value_is_a_text() -> None:
    values, left_out = field_values(a_card(source="TikTok"), {"fuente": 1}, None, ZONE)

    assert (values, left_out) == ([{"field_id": 1, "values": [{"value": "TikTok"}]}], [])


def test_kommo_takes_forty_fields() -> None:
    names = [f"x{number}" for number in range(41)]
    wanted = {name: number for number, name in enumerate(names)}
    values, left_out = field_values(a_card(extra=dict.fromkeys(names, "a")), wanted, None, ZONE)

    assert (len(values), [value.name for value in left_out]) == (40, ["x40"])
