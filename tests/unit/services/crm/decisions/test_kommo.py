"""How a lead and its notes are written in Kommo."""

from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from contracts.events.base import Event
from contracts.events.booking import BookingCancelled, BookingUpdated, LeadBooked, Occurrence
from contracts.events.call import CallUnanswered, Unanswered
from contracts.events.lead import LeadOptedOut, LeadRegistered, LeadRestored
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import (
    KEY_UNHEARD,
    Channel,
    FailureKind,
    SkipReason,
    TouchFailed,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
)
from providers.kommo.models import Contact, KommoLead
from services.crm.decisions.kommo import (
    Place,
    contact_body,
    first_note,
    is_ours,
    lead_body,
    lead_changes,
    note,
    open_lead,
    place_for,
    same_person,
    searches,
)
from services.crm.decisions.kommo_contacts import missing_addresses
from tests.builders import a_booking, a_card

FIELDS = [{"field_id": 3, "values": [{"value": "Landing 1"}]}]
TOUCH = {"lead_id": 7, "touch_id": uuid4(), "step": "welcome"}
MONTERREY = ZoneInfo("America/Monterrey")
HERE = Place(70, 60)
SERIES = a_booking(
    series=tuple(
        Occurrence(
            uid=f"n{day}",
            starts_at=datetime(2026, 2, day, 17, tzinfo=UTC),
            ends_at=datetime(2026, 2, day, 18, tzinfo=UTC),
        )
        for day in (12, 19)
    )
)


def test_a_new_persons_lead() -> None:
    assert lead_body(7, a_card(), place=HERE, fields=FIELDS, contact_id=None) == {
        "name": "Ana Torres #7",
        "pipeline_id": 70,
        "status_id": 60,
        "request_id": "7",
        "custom_fields_values": FIELDS,
        "_embedded": {
            "contacts": [
                {
                    "name": "Ana Torres",
                    "custom_fields_values": [
                        {
                            "field_code": "PHONE",
                            "values": [{"value": "+528112345678", "enum_code": "WORK"}],
                        },
                        {
                            "field_code": "EMAIL",
                            "values": [{"value": "ana@example.com", "enum_code": "WORK"}],
                        },
                    ],
                }
            ],
            "companies": [{"name": "Demo SA"}],
        },
    }


def test_a_known_persons_lead_and_one_without_fields() -> None:
    card = a_card(company=None, source=None, email=None)
    body = lead_body(7, card, place=HERE, fields=(), contact_id=9)

    assert body["_embedded"] == {"contacts": [{"id": 9, "is_main": True}]}
    assert "custom_fields_values" not in body
    assert contact_body(a_card(phone=None, email=None)) == {"name": "Ana Torres"}


def test_tags_and_whose_turn_it_is() -> None:
    body = lead_body(
        7, a_card(), place=HERE, fields=FIELDS, contact_id=9, tags=("web", "pauta"), responsible=5
    )

    assert body["responsible_user_id"] == 5
    assert body["_embedded"]["tags"] == [{"name": "web"}, {"name": "pauta"}]
    assert lead_changes(body) == {
        "custom_fields_values": FIELDS,
        "tags_to_add": [{"name": "web"}, {"name": "pauta"}],
    }
    assert lead_changes(lead_body(7, a_card(), place=HERE, fields=(), contact_id=9)) == {}


@pytest.mark.parametrize(
    ("contact", "same"),
    [
        (Contact(1, ("+52 81 1234 5678",), ()), True),
        (Contact(1, ("044 81 1234 5678",), ()), True),
        (Contact(1, ("5218112345678",), ()), True),
        (Contact(1, (), (" ANA@example.com",)), True),
        (Contact(1, ("+5255 8112 3456 78",), ("ana@example.com.mx",)), False),
        (Contact(1, ("nota: 8112345679",), ()), False),
        (Contact(1, (), ()), False),
    ],
)
def test_the_same_person(contact: Contact, *, same: bool) -> None:
    assert (same_person([contact], a_card(), "MX") is contact) is same


@pytest.mark.parametrize(
    ("contact", "same"),
    [
        pytest.param(
            Contact(1, ("+528112345678",), ("mama@example.com",), "Rosa"), False, id="her mother"
        ),
        pytest.param(
            Contact(1, ("+528112345678",), ("vieja@example.com",), "ANA  Tórres"),
            True,
            id="herself, with another email",
        ),
        pytest.param(
            Contact(1, ("+525511112222",), ("ana@example.com",), "Anita"),
            True,
            id="herself, with another phone",
        ),
    ],
)
def test_who_shares_a_phone(contact: Contact, *, same: bool) -> None:
    assert (same_person([contact], a_card(), "MX") is contact) is same


def test_the_open_lead_of_a_contact() -> None:
    won = KommoLead(4, "", 1, pipeline_id=70, status_id=142)
    elsewhere = KommoLead(3, "", 1, pipeline_id=71, status_id=60)
    older = KommoLead(1, "", 1, pipeline_id=70, status_id=61)
    newer = KommoLead(2, "", 1, pipeline_id=70, status_id=60)

    assert open_lead([won, elsewhere, newer, older], 70) is newer
    assert open_lead([won, elsewhere], 70) is None


def test_the_texts_that_kommo_is_searched_for() -> None:
    assert searches(a_card()) == ["8112345678", "ana@example.com"]
    assert searches(a_card(phone=None)) == ["ana@example.com"]


@pytest.mark.parametrize(
    ("phone", "digits", "written"),
    [
        ("+50255551234", "55551234", "5555-1234"),
        ("+51912345678", "912345678", "912 345 678"),
        ("+56961234567", "961234567", "9 6123 4567"),
        ("+34612345678", "612345678", "612 34 56 78"),
        ("+573001234567", "3001234567", "300 1234567"),
        ("+5491123456789", "1123456789", "11 2345-6789"),
        ("+5511912345678", "1912345678", "(11) 91234-5678"),
        ("+12125550123", "2125550123", "(212) 555-0123"),
        ("+528112345678", "8112345678", "044 81 1234 5678"),
    ],
)
def test_a_contact_with_a_national_number_is_found(phone: str, digits: str, written: str) -> None:
    card = a_card(phone=phone, email=None)
    contact = Contact(1, (written,), ())

    assert searches(card) == [digits]
    assert digits in phone
    assert same_person([contact], card, "MX") is contact
    assert same_person([contact], a_card(phone="+528187654321", email=None), "MX") is None
    assert missing_addresses(contact, [phone], [], "MX") == {}


@pytest.mark.parametrize(
    ("name", "matches"),
    [("Ana #7", True), ("Ana #77", False), ("Ana #7 bis", False), ("#7", True), ("", False)],
)
def test_a_lead_of_ours(name: str, *, matches: bool) -> None:
    assert is_ours(KommoLead(1, name, None), 7) is matches


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (TouchSent(**TOUCH, channel=Channel.EMAIL), "Correo enviado"),
        (TouchSent(**TOUCH, channel=Channel.CALL), "Llamada iniciada"),
        (
            CallUnanswered(**TOUCH, reason=Unanswered.VOICEMAIL),
            "Llamada no contestada: entró el buzón; se dejó mensaje",
        ),
        (
            TouchFailed(
                **TOUCH,
                channel=Channel.SMS,
                kind=FailureKind.UNREACHABLE,
                reason="twilio: undelivered code 30005",
            ),
            "SMS: no se pudo entregar (twilio: undelivered code 30005)",
        ),
        (
            TouchSkipped(**TOUCH, channel=Channel.CALL, reason=SkipReason.NO_ADDRESS),
            "Llamada: no se envió, no dejó este dato",
        ),
        (
            ReplyReceived(
                lead_id=7, channel=Channel.WHATSAPP, text="¿Cuánto cuesta?", intent=Intent.OTHER
            ),
            "Respuesta por WhatsApp: ¿Cuánto cuesta?",
        ),
        (
            LeadOptedOut(lead_id=7, channel="whatsapp", reason="reply"),
            "Pidió no ser contactado (por WhatsApp); se detuvo todo",
        ),
        (
            LeadOptedOut(lead_id=7, channel="console", reason="operator"),
            "Una persona del equipo detuvo todo: no se le contactará más",
        ),
        (LeadRegistered(lead_id=7, kommo_lead_id=1), None),
        (
            ReplyReceived(
                lead_id=7,
                channel=Channel.WHATSAPP,
                text="llámame a las 5",
                intent=Intent.WANTS_CALL,
                hour="a las 5",
            ),
            (
                "Respuesta por WhatsApp: llámame a las 5\n"
                "Pide una llamada; el seguimiento espera (a las 5)"
            ),
        ),
        (
            ReplyReceived(
                lead_id=7,
                channel=Channel.CALL,
                text="3",
                intent=Intent.CALL_BACK,
                hour="mañana",
            ),
            "Durante la llamada pidió que le llamemos en otro momento: mañana",
        ),
        (
            ReplyReceived(
                lead_id=7,
                channel=Channel.WHATSAPP,
                text="(nota de voz)",
                intent=Intent.REVIEW,
                media=("https://m.mx/1",),
            ),
            (
                "Respuesta por WhatsApp: (nota de voz)\nhttps://m.mx/1\n"
                "Hay que leerlo; el seguimiento espera"
            ),
        ),
        (
            ReplyReceived(
                lead_id=7, channel=Channel.EMAIL, text="Estaré fuera", intent=Intent.AUTOMATIC
            ),
            None,
        ),
        (
            LeadOptedOut(lead_id=7, channel="whatsapp", reason="wrong_number", text="No soy Ana"),
            "Número equivocado (por WhatsApp); se detuvo todo: No soy Ana",
        ),
        (
            LeadRestored(lead_id=7, by="Operadora"),
            "Una persona del equipo deshizo la baja; el seguimiento continúa",
        ),
        (
            LeadBooked(lead_id=7, revision=1, booking=a_booking(time_zone="Asia/Tokyo")),
            "Agendó una reunión para el jueves 12 de febrero a las 11:00 a.m.",
        ),
        (
            LeadBooked(lead_id=7, revision=1, booking=SERIES),
            (
                "Agendó una reunión para el jueves 12 de febrero a las 11:00 a.m. "
                "y jueves 19 de febrero a las 11:00 a.m."
            ),
        ),
        (
            BookingUpdated(lead_id=7, revision=2, booking=SERIES),
            (
                "Cambiaron las fechas de sus reuniones: jueves 12 de febrero a las 11:00 a.m. "
                "y jueves 19 de febrero a las 11:00 a.m."
            ),
        ),
        (
            BookingUpdated(lead_id=7, revision=2, booking=a_booking()),
            (
                "Cambió su reunión para el jueves 12 de febrero a las 11:00 a.m.: "
                "https://video.example.com/aB3dE5fG7h"
            ),
        ),
        (
            BookingCancelled(lead_id=7, uid="b", revision=1, reason="$RCH$"),
            "Canceló su reunión",
        ),
        (
            BookingCancelled(lead_id=7, uid="b", revision=1, reason="$RCH$ me enfermé"),
            "Canceló su reunión: me enfermé",
        ),
    ],
)
def test_a_note(event: Event, text: str | None) -> None:
    assert note(event, MONTERREY) == text


@pytest.mark.parametrize(
    "event",
    [
        TouchSkipped(**TOUCH, channel=Channel.WHATSAPP, reason=SkipReason.NOT_ASKED),
        TouchUncertain(**TOUCH, channel=Channel.WHATSAPP, reason=KEY_UNHEARD),
    ],
)
def test_kommo_gets_no_note_of_a_key_that_was_not_pressed(event: Event) -> None:
    assert note(event, MONTERREY) is None


@pytest.mark.parametrize(
    "reason", [reason for reason in SkipReason if reason is not SkipReason.NOT_ASKED]
)
def test_every_reason_not_to_send_has_its_words(reason: SkipReason) -> None:
    assert note(TouchSkipped(**TOUCH, channel=Channel.SMS, reason=reason), MONTERREY)


def test_the_first_note_keeps_what_has_no_field() -> None:
    text = first_note(7, a_card(consent="Acepto", extra={"utm_source": "ads", "vacío": ""}))

    assert text.splitlines()[0] == "Lead de Pauta 7"
    assert "Consentimiento: Acepto" in text
    assert "utm_source: ads" in text
    assert "vacío" not in text


def test_the_first_note_keeps_what_a_known_contact_may_not_have() -> None:
    lines = first_note(7, a_card()).splitlines()

    assert {"Teléfono: +528112345678", "Correo: ana@example.com", "Empresa: Demo SA"} <= set(lines)


INITIAL, BOOKED, CONTACTED = Place(70, 1), Place(70, 2), Place(70, 9)
ELSEWHERE = Place(71, 9)


@pytest.mark.parametrize(
    ("now", "booked", "before", "target"),
    [
        pytest.param(INITIAL, True, None, BOOKED, id="booked"),
        pytest.param(BOOKED, True, None, None, id="there already"),
        pytest.param(Place(70, 142), True, None, None, id="won meanwhile"),
        pytest.param(None, True, None, None, id="deleted meanwhile"),
        pytest.param(CONTACTED, True, None, BOOKED, id="from wherever it is"),
        pytest.param(ELSEWHERE, True, None, BOOKED, id="back from another pipeline"),
        pytest.param(Place(71, 2), True, None, BOOKED, id="a stage of another pipeline"),
        pytest.param(BOOKED, False, CONTACTED, CONTACTED, id="cancelled: to its earlier stage"),
        pytest.param(BOOKED, False, ELSEWHERE, ELSEWHERE, id="cancelled: to its earlier pipeline"),
        pytest.param(Place(70, 8), False, CONTACTED, None, id="cancelled, but moved by a person"),
    ],
)
def test_where_a_lead_goes(
    now: Place | None, booked: bool, before: Place | None, target: Place | None
) -> None:
    assert place_for(now, booked=booked, before=before, agendado=BOOKED) == target


def test_a_deal_that_is_not_ours_alone_stays_in_its_pipeline() -> None:
    def goes(now: Place) -> Place | None:
        return place_for(now, booked=True, before=None, agendado=BOOKED, merged=True)

    assert goes(ELSEWHERE) is None
    assert goes(CONTACTED) == BOOKED
