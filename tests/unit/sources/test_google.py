"""A lead form of Google Ads."""

import json
from datetime import UTC, datetime

import pytest

from contracts.events.lead import LeadCard
from sources import google
from sources.mapping import card_of
from sources.model import Unreadable
from tests.unit.sources.examples import example


def test_a_lead() -> None:
    (form,) = google.read(example("google.json"))

    assert form.external_id == "EXAMPLE-lead-7f3b9d2c1a0e4f5b8c6d"
    assert not form.test
    assert form.submitted_at == datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
    assert card_of(form, region="MX") == LeadCard(
        name="Ana Sofía Treviño",
        email="ana.trevino@example.com",
        phone="+528110000003",
        source="Google Ads",
        attribution={
            "gclid": "EXAMPLE-GCLID-0002",
            "form_id": "40000000001",
            "campaign_id": "20000000001",
            "adset_id": "30000000001",
            "ad_id": "50000000001",
        },
        extra={
            "City": "San Pedro Garza García",
            "¿Cuántas personas son?": "11 a 50",
            "cual_es_tu_horario": "Quiero que me llamen por la tarde",
        },
    )


def test_a_test_has_no_id_because_every_test_has_the_same() -> None:
    (form,) = google.read(example("google-test.json"))

    assert form.test
    assert form.external_id == ""


def test_our_key_is_not_kept() -> None:
    stored = google.without_key(example("google.json"))

    assert b"example-google-key" not in stored
    assert google.read(stored) == google.read(example("google.json"))
    assert google.without_key(b"{ not json") == b""


def test_columns_without_names_and_with_the_same_name_are_all_kept() -> None:
    columns = [
        {"string_value": "a"},
        {"column_name": "", "column_id": "", "string_value": "b"},
        {"column_name": "Otro", "column_id": "otro_1", "string_value": "c"},
        {"column_name": "Otro", "column_id": "otro_2", "string_value": "d"},
        {"column_id": "WORK_PHONE", "string_value": "8110000003"},
    ]
    (form,) = google.read(json.dumps({"lead_id": "x", "user_column_data": columns}).encode())

    assert form.fields == {
        "column 1": "a",
        "column 2": "b",
        "Otro": "c",
        "Otro (otro_2)": "d",
        "WORK_PHONE": "8110000003",
    }
    assert form.hints == {"WORK_PHONE": "phone"}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"a=b"])
def test_another_body_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        google.read(body)
