"""What forms call their fields, in Spanish, English and Portuguese."""

from collections import Counter
from pathlib import Path

import pytest

from contracts.events.lead import LeadCard
from sources.field_names import CARD_FIELDS, card_field, probable_field
from sources.flattening import flattened
from sources.mapping import read_card, suggested

LINES = (Path(__file__).parent / "spellings.txt").read_text().splitlines()[1:]
SPELLINGS = [tuple(line.split(": ", maxsplit=1)) for line in LINES]
VALUES = {
    "name": "Ana Gómez",
    "email": "ana@example.com",
    "phone": "+528112345678",
    "company": "Demo SA",
    "service": "Limpieza",
}


@pytest.mark.parametrize(("field", "spelling"), SPELLINGS)
def test_a_spelling_of_a_field(field: str, spelling: str) -> None:
    assert card_field(next(iter(flattened({spelling: "x"}).fields))) == field
    assert suggested([spelling]) == {spelling: field}


@pytest.mark.parametrize(
    ("field", "spelling"), [(field, spelling) for field, spelling in SPELLINGS if field in VALUES]
)
def test_a_field_is_on_the_card_and_nowhere_else(field: str, spelling: str) -> None:
    contact = {"correo": VALUES["email"]} if field != "email" else {}
    card = read_card({spelling: VALUES[field], **contact}, region="MX")

    assert isinstance(card, LeadCard)
    assert getattr(card, field) == VALUES[field]
    assert card.extra == {}


def test_there_are_many_spellings() -> None:
    counts = Counter(field for field, _ in set(SPELLINGS))

    assert {field for field, count in counts.items() if count >= 60} == set(VALUES)
    assert set(counts) == set(CARD_FIELDS)


@pytest.mark.parametrize(
    "name",
    [
        "mensaje", "your-message", "comentarios", "Ciudad", "city", "cargo", "job_title", "edad",
        "presupuesto", "horario_preferido", "form_name", "form.name", "campaign_name", "ad_name",
        "utm_source", "utm_term", "username", "Nombre de tu mascota", "Nombre del producto",
        "agent.name", "assigned_to.email", "headers.from", "page_name", "file name",
        "submission_id",
        "Nombre del evento", "número de empleados", "Número de personas", "código postal", "país",
        "Hora", "Fecha", "redirect", "g-recaptcha-response", "", "*", "¿?", "12", "field_7",
    ],
)  # fmt: skip
def test_another_field_is_none_of_the_card(name: str) -> None:
    assert card_field(name) is None


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("¿A qué número te marcamos?", "phone"),
        ("¿En qué WhatsApp prefieres que te escribamos?", "phone"),
        ("Déjanos el mail donde te mandamos la cotización", "email"),
        ("Acepto el aviso de privacidad", "consent"),
        ("acepta_whatsapp", "consent"),
        ("I agree to the terms", "consent"),
        ("Li e aceito a política de privacidade", "consent"),
        ("Teléfono de tu jefe", None),
        ("recipient email", None),
        ("¿Cuántas personas son?", None),
    ],
)
def test_what_a_question_probably_asks_for(name: str, field: str | None) -> None:
    assert card_field(name) is None
    assert probable_field(name) == field
