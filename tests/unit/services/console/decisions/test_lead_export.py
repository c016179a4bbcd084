"""The columns of an exported lead."""

from datetime import UTC, datetime, timedelta

from services.console.decisions.lead_export import LEAD_COLUMNS, exported
from services.console.decisions.leads import Lead


def test_a_lead_has_every_column() -> None:
    assert set(exported(Lead(lead_id=1), "America/Mexico_City")) == set(LEAD_COLUMNS)


def test_a_row_has_the_words_of_the_form_and_the_times_of_the_business() -> None:
    noon = datetime(2026, 3, 2, 18, tzinfo=UTC)
    lead = Lead(
        lead_id=1,
        name="Ana Torres",
        email="ana@example.com",
        phone="+528112345678",
        further=["otra@example.com", "+525512345678"],
        company="Demo SA",
        service="CRM",
        source="Landing 1",
        accepted_at=noon,
        call_asked_at=noon + timedelta(seconds=1.2345),
        reached_at=noon + timedelta(hours=1),
        booked_at=noon + timedelta(hours=2),
        meets_at=noon + timedelta(days=1),
        kommo_lead_id=99,
        step="day_3",
        fields={"utm_source": "a", "utm_medium": "b", "utm_campaign": "c"},
    )

    assert exported(lead, "America/Mexico_City") == {
        "lead_id": 1,
        "llegada": "2026-03-02 12:00:00",
        "nombre": "Ana Torres",
        "email": "ana@example.com",
        "telefono": "+528112345678",
        "otros": "otra@example.com +525512345678",
        "empresa": "Demo SA",
        "servicio": "CRM",
        "fuente": "Landing 1",
        "estado": "reached",
        "paso": "day_3",
        "llamada_en_segundos": 1.23,
        "contacto": "2026-03-02 13:00:00",
        "agendado": "2026-03-02 14:00:00",
        "reunion": "2026-03-03 12:00:00",
        "kommo_id": 99,
        "utm_source": "a",
        "utm_medium": "b",
        "utm_campaign": "c",
    }


def test_what_is_not_known_is_empty() -> None:
    row = exported(Lead(lead_id=1, unusable_phone="900"), "America/Mexico_City")

    assert row["telefono"] == "900"
    assert row["llamada_en_segundos"] is None
    assert (row["kommo_id"], row["estado"]) == (None, "waiting")
    empty = ("llegada", "otros", "contacto", "agendado", "reunion")
    assert {row[name] for name in (*empty, "utm_source", "utm_medium", "utm_campaign")} == {""}
