"""How a lead and its notes are written in Kommo."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from contracts.events.base import Event
from contracts.events.booking import (
    BookingCancelled,
    BookingRescheduled,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.cadence import CadenceFinished
from contracts.events.call import CallAnswered, CallUnanswered, Unanswered
from contracts.events.lead import LeadOptedOut, LeadRegistered, LeadUpdated
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import (
    KEY_UNHEARD,
    Channel,
    FailureKind,
    SkipReason,
    TouchDelivered,
    TouchFailed,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
)
from providers.kommo.models import Contact, KommoLead
from services.crm.decisions.kommo import (
    first_note,
    is_ours,
    lead_body,
    next_check_delay,
    note,
    outcome_of,
    same_person,
    searches,
    stage_for,
)
from tests.builders import a_booking, a_card

FIELDS = {"empresa": 1, "servicio": None, "fuente": 3}
TOUCH = {"lead_id": 7, "touch_id": uuid4(), "step": "welcome"}


def test_a_new_persons_lead() -> None:
    assert lead_body(7, a_card(), pipeline_id=70, status_id=60, fields=FIELDS, contact_id=None) == {
        "name": "Ana Torres #7",
        "pipeline_id": 70,
        "status_id": 60,
        "request_id": "7",
        "custom_fields_values": [
            {"field_id": 1, "values": [{"value": "Demo SA"}]},
            {"field_id": 3, "values": [{"value": "Landing 1"}]},
        ],
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
    body = lead_body(7, card, pipeline_id=70, status_id=60, fields=FIELDS, contact_id=9)

    assert body["_embedded"] == {"contacts": [{"id": 9, "is_main": True}]}
    assert "custom_fields_values" not in body


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
    assert (same_person([contact], a_card(), "MX") == 1) is same


def test_the_texts_that_kommo_is_searched_for() -> None:
    assert searches(a_card()) == ["8112345678", "ana@example.com"]
    assert searches(a_card(phone=None)) == ["ana@example.com"]


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
    ],
)
def test_a_note(event: Event, text: str | None) -> None:
    assert note(event) == text


@pytest.mark.parametrize(
    "event",
    [
        TouchSkipped(**TOUCH, channel=Channel.WHATSAPP, reason=SkipReason.NOT_ASKED),
        TouchUncertain(**TOUCH, channel=Channel.WHATSAPP, reason=KEY_UNHEARD),
    ],
)
def test_kommo_gets_no_note_of_a_key_that_was_not_pressed(event: Event) -> None:
    assert note(event) is None


@pytest.mark.parametrize(
    "reason", [reason for reason in SkipReason if reason is not SkipReason.NOT_ASKED]
)
def test_every_reason_not_to_send_has_its_words(reason: SkipReason) -> None:
    assert note(TouchSkipped(**TOUCH, channel=Channel.SMS, reason=reason))


def test_the_first_note_keeps_what_has_no_field() -> None:
    text = first_note(7, a_card(consent="Acepto", extra={"utm_source": "ads", "vacío": ""}))

    assert text.splitlines()[0] == "Lead de Pauta 7"
    assert "Consentimiento: Acepto" in text
    assert "utm_source: ads" in text
    assert "vacío" not in text


@pytest.mark.parametrize(
    ("now", "booked", "before", "target"),
    [
        pytest.param(1, True, None, 2, id="booked"),
        pytest.param(2, True, None, None, id="there already"),
        pytest.param(142, True, None, None, id="won meanwhile"),
        pytest.param(None, True, None, None, id="deleted meanwhile"),
        pytest.param(9, True, None, 2, id="from wherever it is"),
        pytest.param(2, False, 9, 9, id="cancelled: returns to its earlier stage"),
        pytest.param(8, False, 9, None, id="cancelled, but a person has moved it on"),
    ],
)
def test_where_a_lead_goes(
    now: int | None, booked: bool, before: int | None, target: int | None
) -> None:
    assert stage_for(now, booked=booked, before=before, agendado=2) == target


def booked(**changes: Any) -> LeadBooked:
    return LeadBooked(lead_id=7, booking=a_booking(**changes), revision=1)


def updated(*changed: str, **card: Any) -> LeadUpdated:
    return LeadUpdated(
        lead_id=7, submission_id=8, person_id=7, card=a_card(**card), changed=changed
    )


WHEN = " para el 12/02/2026 11:00 (America/Monterrey)"


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (TouchSent(**TOUCH, channel=Channel.SMS), "SMS enviado"),
        (TouchDelivered(**TOUCH, channel=Channel.WHATSAPP), "WhatsApp entregado"),
        (
            TouchUncertain(**TOUCH, channel=Channel.CALL, reason="timeout"),
            "Llamada: sin respuesta clara del proveedor; se está verificando",
        ),
        (
            TouchUnresolved(**TOUCH, channel=Channel.EMAIL),
            "Correo: no se pudo confirmar si salió; no se repetirá, conviene revisarlo",
        ),
        (CallAnswered(**TOUCH), "Llamada contestada: escuchó la invitación"),
        (
            ReplyReceived(lead_id=7, channel=Channel.CALL, text="1", intent=Intent.OTHER),
            "Durante la llamada pidió el enlace para agendar (marcó 1)",
        ),
        (
            ReplyReceived(lead_id=7, channel=Channel.SMS, text="a" * 1001, intent=Intent.OTHER),
            f"Respuesta por SMS: {'a' * 1000}",
        ),
        (
            LeadOptedOut(lead_id=7, channel="console", reason="erased"),
            "Una persona del equipo detuvo todo: no se le contactará más",
        ),
        (
            updated("name", "email", "phone", "company", "service"),
            (
                "Volvió a llenar el formulario (Lead de Pauta 8). Servicio: Consultoría IA. "
                "Fuente: Landing 1. Nombre: Ana Torres. Otro correo: ana@example.com. "
                "Otro teléfono: +528112345678. Empresa: Demo SA"
            ),
        ),
        (
            updated(service=None, source=None),
            "Volvió a llenar el formulario (Lead de Pauta 8). Servicio: –. Fuente: –",
        ),
        (booked(), f"Agendó una reunión{WHEN}"),
        (booked(confirmed=False), f"Pidió una reunión{WHEN}; falta confirmarla"),
        (booked(time_zone="Mars"), "Agendó una reunión para el 12/02/2026 17:00 (UTC)"),
        (booked(time_zone=None), "Agendó una reunión para el 12/02/2026 17:00 (UTC)"),
        (booked(starts_at=None), "Agendó una reunión"),
        (
            BookingRescheduled(lead_id=7, booking=a_booking(), previous_uid="a", revision=2),
            f"Movió su reunión{WHEN}",
        ),
        (BookingCancelled(lead_id=7, uid="a", revision=3), "Canceló su reunión"),
        (
            BookingCancelled(lead_id=7, uid="a", revision=3, reason="a" * 501),
            f"Canceló su reunión: {'a' * 500}",
        ),
        (
            MeetingEnded(
                lead_id=7, uid="a", revision=4, ended_at=datetime(2026, 2, 12, tzinfo=UTC)
            ),
            "Terminó la reunión",
        ),
        (
            MeetingEnded(
                lead_id=7,
                uid="a",
                revision=4,
                ended_at=datetime(2026, 2, 12, tzinfo=UTC),
                attended=False,
            ),
            "No llegó a la reunión",
        ),
        (CadenceFinished(lead_id=7), "Terminó el seguimiento sin que agendara"),
    ],
)
def test_a_note_says_what_happened(event: Event, text: str) -> None:
    assert note(event) == text


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (
            TouchFailed(**TOUCH, channel=Channel.SMS, kind=FailureKind.UNREACHABLE, reason="30005"),
            "touch.failed/30005",
        ),
        (
            TouchSkipped(**TOUCH, channel=Channel.SMS, reason=SkipReason.BOOKED),
            "touch.skipped/booked",
        ),
        (TouchUncertain(**TOUCH, channel=Channel.SMS, reason="x"), "touch.uncertain/x"),
        (CallUnanswered(**TOUCH, reason=Unanswered.BUSY), "call.unanswered/busy"),
        (TouchSent(**TOUCH, channel=Channel.SMS), "touch.sent/"),
        (TouchDelivered(**TOUCH, channel=Channel.SMS), "touch.delivered/"),
        (TouchUnresolved(**TOUCH, channel=Channel.SMS), "touch.unresolved/"),
        (CallAnswered(**TOUCH), "call.answered/"),
        (booked(), None),
    ],
)
def test_an_outcome_has_one_name(event: Event, outcome: str | None) -> None:
    expected = f"{TOUCH['touch_id']}/{outcome}" if outcome is not None else None

    assert outcome_of(event) == expected


def test_kommo_is_checked_after_each_delay_and_then_no_more() -> None:
    delays = (1.0, 5.0, 30.0)

    assert [next_check_delay(delays, count) for count in range(4)] == [5.0, 30.0, None, None]


def test_the_first_note_has_a_line_for_each_value_and_is_not_too_long() -> None:
    card = a_card(
        unusable_phone="900", time_zone="America/Cancun", consent="Acepto", extra={"utm": "ads"}
    )

    assert first_note(7, card) == (
        "Lead de Pauta 7\nServicio: Consultoría IA\nFuente: Landing 1\n"
        "Teléfono no utilizable: 900\nZona horaria: America/Cancun\n"
        "Consentimiento: Acepto\nutm: ads"
    )
    long = first_note(7, a_card(consent="a" * 5000))
    assert len(long) == 4000
    assert long.endswith("a")


def test_a_persons_lead_without_company_has_only_the_contact() -> None:
    card = a_card(company=None, phone=None)
    fields = {"empresa": 1, "servicio": 2, "fuente": None}
    body = lead_body(7, card, pipeline_id=70, status_id=60, fields=fields, contact_id=None)

    assert body["custom_fields_values"] == [
        {"field_id": 2, "values": [{"value": "Consultoría IA"}]}
    ]
    [contact] = body["_embedded"]["contacts"]
    assert [value["field_code"] for value in contact["custom_fields_values"]] == ["EMAIL"]
    assert "companies" not in body["_embedded"]


def test_of_several_contacts_the_first_that_is_the_same_counts() -> None:
    other = Contact(1, ("+525512345678",), ("otra@example.com",))
    first = Contact(2, ("8112345678",), ())
    second = Contact(3, (), ("ana@example.com",))

    assert same_person([other, first, second], a_card(), "MX") == 2
    assert same_person([other], a_card(), "MX") is None
    assert (
        same_person([Contact(4, ("300 123 4567",), ())], a_card(phone="+573001234567"), "CO") == 4
    )
    nobody = Contact(5, ("",), ("",))
    assert same_person([nobody], a_card(phone=None, email=None), "MX") is None


def test_a_lost_lead_stays_lost_and_a_short_number_is_searched_whole() -> None:
    assert stage_for(143, booked=True, before=None, agendado=2) is None
    assert searches(a_card(phone="+5076123456", email=None)) == ["5076123456"]
