"""Builds Kommo's lead, its notes and its stage. Pure: no clock, no database, no network."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, assert_never

from babel.lists import format_list

from contracts.events import touch
from contracts.events.base import Event
from contracts.events.booking import (
    Booking,
    BookingCancelled,
    BookingRescheduled,
    BookingUpdated,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.cadence import CadenceFinished
from contracts.events.call import CallAnswered, CallUnanswered, Unanswered
from contracts.events.lead import LeadCard, LeadOptedOut, LeadRestored, LeadUpdated
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import (
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
from domain.addresses import canonical
from domain.dates import in_words
from domain.phone import national_number, same_number
from providers.kommo.models import LOST, WON, Contact, KommoLead
from services.crm.decisions.kommo_fields import fold

UNANSWERED = {
    Unanswered.VOICEMAIL: "entró el buzón; se dejó mensaje",
    Unanswered.BUSY: "línea ocupada",
    Unanswered.NO_ANSWER: "no contestó",
    Unanswered.FAILED: "no se pudo conectar",
    Unanswered.HUNG_UP: "colgó antes de escuchar el mensaje",
    Unanswered.FAX: "contestó un fax",
    Unanswered.UNSURE: "no se supo si contestó una persona o una máquina",
    Unanswered.MISHEARD: "contestó, pero no se entendió lo que dijo",
}
FAILURES = {
    FailureKind.UNREACHABLE: "no se pudo entregar",
    FailureKind.MISCONFIGURED: "falló por configuración; revisar",
    FailureKind.BAD_ADDRESS: "la dirección o el número no sirve",
    FailureKind.BOUNCED: "el buzón no lo aceptó",
    FailureKind.OPTED_OUT: "la persona bloqueó los mensajes",
}
SKIPS = {
    SkipReason.OPTED_OUT: "pidió no ser contactado",
    SkipReason.NO_INTEREST: "dijo que no le interesa",
    SkipReason.NO_ADDRESS: "no dejó este dato",
    SkipReason.BAD_ADDRESS: "esa dirección o ese número no sirve",
    SkipReason.DOUBTFUL_ADDRESS: "los últimos correos a esa dirección rebotaron",
    SkipReason.BOOKED: "ya agendó",
    SkipReason.REACHED: "ya contestó",
    SkipReason.BOOKED_ELSEWHERE: "ya tiene una reunión, con otro formulario",
    SkipReason.UNUSABLE_NUMBER: (
        "a ese número no se puede llamar ni escribir (satelital, de cobro o gratuito)"
    ),
    SkipReason.NO_HOURS: "no hay una hora en la que se le pueda contactar",
    SkipReason.WEEKLY_LIMIT: "la ley permite un solo medio por semana",
    SkipReason.NOT_BOOKED: "la reunión cambió o se canceló",
    SkipReason.CLOSED: "el lead ya está cerrado en Kommo",
    SkipReason.TOO_LATE: "ya era tarde para enviarlo",
    SkipReason.OVERTAKEN: "le toca ya el siguiente mensaje",
    SkipReason.ABROAD: "el número es de un país que no se atiende por teléfono",
    SkipReason.OPERATOR: "así lo decidió una persona del equipo",
}
MEANINGS = {
    Intent.NO_INTEREST: "No le interesa; terminó el seguimiento",
    Intent.WISH: "Pide que se le contacte de otra forma o a otra hora; el seguimiento espera",
    Intent.NOT_NOW: "Ahora no puede; el seguimiento espera",
    Intent.WANTS_CALL: "Pide una llamada; el seguimiento espera",
    Intent.CALL_BACK: "Pide que le llamemos a otra hora; se le llama solo",
    Intent.MEETING_CHANGE: "Quiere mover o cancelar su reunión; el seguimiento espera",
    Intent.REVIEW: "Hay que leerlo; el seguimiento espera",
    Intent.QUESTION: "Espera respuesta",
    Intent.WANTS_LINK: "Pide el enlace; se le envía",
}

NEW_FIELDS = {
    "name": "Nombre",
    "email": "Otro correo",
    "phone": "Otro teléfono",
    "company": "Empresa",
}

# of Cal.com, in place of a person's: https://github.com/calcom/cal.com/issues/16913
INTERNAL_REASON = re.compile(r"\$\w+\$")


@dataclass(frozen=True, slots=True)
class Place:
    """A stage in a pipeline. Won and lost have the same ids in every pipeline."""

    pipeline_id: int | None
    status_id: int


def mark(lead_id: int) -> str:
    """Returns the text by which a lead is found in Kommo, whose API takes no idempotency key."""
    return f"#{lead_id}"


def is_ours(lead: KommoLead, lead_id: int) -> bool:
    """Returns whether Kommo's lead was created for this lead: its name ends with the mark."""
    return lead.name.split()[-1:] == [mark(lead_id)]


def lead_body(
    lead_id: int,
    card: LeadCard,
    *,
    place: Place,
    fields: Sequence[dict[str, Any]],
    contact_id: int | None,
    tags: Sequence[str] = (),
    responsible: int | None = None,
) -> dict[str, Any]:
    """Returns an item for `leads/complex`, or for `leads` when the contact exists.

    `fields` are the values of Kommo's custom fields.
    https://developers.kommo.com/reference/complex-leads
    """
    body: dict[str, Any] = {
        "name": f"{card.name} {mark(lead_id)}",
        "pipeline_id": place.pipeline_id,
        "status_id": place.status_id,
        "request_id": str(lead_id),
    }
    if fields:
        body["custom_fields_values"] = list(fields)
    if responsible is not None:
        body["responsible_user_id"] = responsible
    embedded: dict[str, Any] = {}
    if tags:
        embedded["tags"] = [{"name": tag} for tag in tags]
    if contact_id is not None:
        embedded["contacts"] = [{"id": contact_id, "is_main": True}]
        return body | {"_embedded": embedded}
    embedded["contacts"] = [contact_body(card)]
    if card.company:
        embedded["companies"] = [{"name": card.company}]
    return body | {"_embedded": embedded}


def contact_body(card: LeadCard) -> dict[str, Any]:
    """Returns a new contact with the card's addresses."""
    addresses = [("PHONE", card.phone), ("EMAIL", card.email)]
    values = [
        {"field_code": code, "values": [{"value": value, "enum_code": "WORK"}]}
        for code, value in addresses
        if value
    ]
    return {"name": card.name, "custom_fields_values": values} if values else {"name": card.name}


def lead_changes(body: dict[str, Any]) -> dict[str, Any]:
    """Returns what a further form changes in a deal that exists: its fields, and more tags."""
    changes = {name: body[name] for name in ("custom_fields_values",) if name in body}
    tags = (body.get("_embedded") or {}).get("tags")
    return changes | ({"tags_to_add": tags} if tags else {})


def same_person(contacts: Sequence[Contact], card: LeadCard, region: str) -> Contact | None:
    """Returns the contact that is the card's person, or None.

    Kommo's search finds text in any field, so its results are compared here. Two people may share
    a phone, so a contact with another name and another email is somebody else.
    """
    for contact in contacts:
        emails = {canonical(email) for email in contact.emails if "@" in email}
        if card.email and canonical(card.email) in emails:
            return contact
        has_phone = card.phone is not None and any(
            same_number(written, card.phone, region) for written in contact.phones
        )
        is_named_so = fold(contact.name) == fold(card.name)
        if has_phone and (is_named_so or not card.email or not emails):
            return contact
    return None


def open_lead(leads: Sequence[KommoLead], pipeline_id: int) -> KommoLead | None:
    """Returns the newest lead that is open in the pipeline."""
    found = [lead for lead in leads if lead.is_open and lead.pipeline_id == pipeline_id]
    return max(found, key=lambda lead: lead.lead_id, default=None)


def place_for(
    now: Place | None, *, booked: bool, before: Place | None, agendado: Place, merged: bool = False
) -> Place | None:
    """Returns the place to move a lead to, or None to leave it where it is.

    It stays where it has that stage already, is won, lost or deleted, or was moved by a person. A
    lead that Kommo `merged` into an older deal of another pipeline stays in that pipeline.
    """
    if not booked:
        return before if now == agendado else None
    if now is None or now == agendado or now.status_id in (WON, LOST):
        return None
    if merged and now.pipeline_id != agendado.pipeline_id:
        return None
    return agendado


def next_check_delay(delays: Sequence[float], check_count: int) -> float | None:
    """Returns the seconds until the check after `check_count` others, or None after the last."""
    following = delays[check_count + 1 :]
    return following[0] if following else None


def searches(card: LeadCard) -> list[str]:
    """Returns the texts to search Kommo's contacts for.

    Of a phone the national number, because it may be written in many ways there.
    """
    digits = national_number(card.phone) if card.phone else None
    return [text for text in (digits, card.email) if text]


def first_note(lead_id: int, card: LeadCard, first_message: str = "") -> str:
    """Returns the note with all of the form's values.

    A contact that Kommo had already may have other ones, and a field may not take them.
    """
    known = {
        "Escribió": first_message,
        "Nombre": card.name,
        "Teléfono": card.phone,
        "Correo": card.email,
        "Empresa": card.company,
        "Servicio": card.service,
        "Fuente": card.source,
        "Teléfono no utilizable": card.unusable_phone,
        "Correo no utilizable": card.unusable_email,
        "Zona horaria": card.time_zone,
        "Consentimiento": card.consent,
    }
    values = known | card.attribution | card.extra
    lines = [f"{label}: {value}" for label, value in values.items() if value]
    return "\n".join([f"Lead de Pauta {lead_id}", *lines])[:4000]


def _label(channel: Channel) -> str:
    match channel:
        case Channel.EMAIL:
            return "Correo"
        case Channel.CALL:
            return "Llamada"
        case Channel.WHATSAPP:
            return "WhatsApp"
        case Channel.SMS:
            return "SMS"
        case _:
            assert_never(channel)


def note(event: Event, zone: tzinfo) -> str | None:
    """Returns the event as a line for a salesperson, or None for an event without a note.

    Times are in the business's `zone`, in which the team works.
    """
    match event:
        case TouchSent(channel=Channel.CALL):
            return "Llamada iniciada"
        case TouchSent(channel=channel):
            return f"{_label(channel)} enviado"
        case TouchDelivered(channel=channel):
            return f"{_label(channel)} entregado"
        case TouchFailed(channel=channel, kind=kind, reason=reason):
            return f"{_label(channel)}: {FAILURES[kind]} ({reason})"
        case TouchUncertain(reason=touch.KEY_UNHEARD) | TouchSkipped(reason=SkipReason.NOT_ASKED):
            return None  # most people who answer a call hang up without pressing a key
        case TouchSkipped(channel=channel, reason=why):
            return f"{_label(channel)}: no se envió, {SKIPS[why]}"
        case TouchUncertain(channel=channel):
            return f"{_label(channel)}: sin respuesta clara del proveedor; se está verificando"
        case TouchUnresolved(channel=channel):
            return (
                f"{_label(channel)}: no se pudo confirmar si salió; "
                "no se repetirá, conviene revisarlo"
            )
        case CallAnswered():
            return "Llamada contestada: escuchó la invitación"
        case CallUnanswered(listened_seconds=int(seconds)) if seconds:
            return f"Llamada no contestada: colgó a los {seconds} s"
        case CallUnanswered(reason=why):
            return f"Llamada no contestada: {UNANSWERED[why]}"
        case ReplyReceived(intent=Intent.CALL_BACK, hour=hour):
            return f"Durante la llamada pidió que le llamemos en otro momento: {hour}"
        case ReplyReceived(channel=Channel.CALL):
            return "Durante la llamada pidió el enlace para agendar (marcó 1)"
        case ReplyReceived(intent=Intent.AUTOMATIC):
            return None
        case ReplyReceived():
            return _reply_note(event)
        case LeadOptedOut(reason="operator" | "erased"):
            return "Una persona del equipo detuvo todo: no se le contactará más"
        case LeadOptedOut(channel=channel, reason=reason, text=text):
            what = "Número equivocado" if reason == "wrong_number" else "Pidió no ser contactado"
            quote = f": {text[:1000]}" if text else ""
            return f"{what} (por {_label(Channel(channel))}); se detuvo todo{quote}"
        case LeadRestored():
            return "Una persona del equipo deshizo la baja; el seguimiento continúa"
        case LeadUpdated(submission_id=number, card=card, changed=changed):
            values = {"Servicio": card.service or "–", "Fuente": card.source or "–"}
            values |= {
                label: getattr(card, field)
                for field, label in NEW_FIELDS.items()
                if field in changed
            }
            text = ". ".join(f"{label}: {value}" for label, value in values.items())
            return f"Volvió a llenar el formulario (Lead de Pauta {number}). {text}"
        case LeadBooked(booking=booking) if not booking.confirmed:
            return f"Pidió una reunión{_at(booking, zone)}; falta confirmarla"
        case LeadBooked(booking=booking):
            return f"Agendó una reunión{_at(booking, zone)}"
        case BookingRescheduled(booking=booking):
            return f"Movió su reunión{_at(booking, zone)}"
        case BookingUpdated(booking=booking) if booking.series:
            return f"Cambiaron las fechas de sus reuniones: {_dates(booking, zone)}"
        case BookingUpdated(booking=booking):
            place = booking.meeting_url or booking.location
            return f"Cambió su reunión{_at(booking, zone)}: {place}"
        case BookingCancelled(reason=reason):
            given = INTERNAL_REASON.sub("", reason).strip()
            return f"Canceló su reunión: {given[:500]}" if given else "Canceló su reunión"
        case MeetingEnded(attended=attended):
            return "Terminó la reunión" if attended else "No llegó a la reunión"
        case CadenceFinished():
            return "Terminó el seguimiento sin que agendara"
        case _:
            return None


def _reply_note(reply: ReplyReceived) -> str:
    """Returns what the person wrote and sent, and under it what that means."""
    lines = [f"Respuesta por {_label(reply.channel)}: {reply.text[:1000]}", *reply.media]
    if meaning := MEANINGS.get(reply.intent):
        lines.append(f"{meaning} ({reply.hour})" if reply.hour else meaning)
    return "\n".join(lines)


def outcome_of(event: Event) -> str | None:
    """Returns the name of a touch's or call's outcome, which Kommo gets one note of.

    None for any other event.
    """
    match event:
        case (
            TouchFailed(reason=reason) | TouchSkipped(reason=reason) | TouchUncertain(reason=reason)
        ):
            why: str = reason
        case CallUnanswered(reason=reason):
            why = reason
        case TouchSent() | TouchDelivered() | TouchUnresolved() | CallAnswered():
            why = ""
        case _:
            return None
    return f"{event.touch_id}/{event.topic}/{why}"


def _at(booking: Booking, zone: tzinfo) -> str:
    """Returns when it is, or an empty text where that is unknown."""
    dates = _dates(booking, zone)
    return f" para el {dates}" if dates else ""


def _dates(booking: Booking, zone: tzinfo) -> str:
    """Returns the time of each meeting."""
    times = [meeting.starts_at for meeting in booking.meetings if meeting.starts_at is not None]
    dates = [in_words(time.astimezone(zone), "es-MX") for time in times]
    return format_list(dates, locale="es_MX")
