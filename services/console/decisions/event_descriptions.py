"""What happened, told in a line an operator understands at a glance; in Spanish, which is translated elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from services.console.decisions.outages import NAMES, read_outage


class Tone(StrEnum):
    """How a line should strike the eye."""

    GOOD = "good"
    PLAIN = "plain"
    QUIET = "quiet"
    DOUBT = "doubt"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Told:
    """One line. `text`, `detail` and `channel` are for translation; the rest is shown as it is.

    `values` fill the gaps of `detail`, where it has any.
    """

    icon: str
    text: str
    tone: Tone = Tone.PLAIN
    detail: str = ""
    values: tuple[str, ...] = ()
    channel: str = ""
    step: str = ""
    by: str = ""
    name: str = ""
    touch_id: str = ""
    ref: str = ""
    again_at: str = ""
    meets_at: str = ""
    meeting_url: str = ""


DELAYED = "touch.delayed"
CHANNELS = {"email": "Correo", "call": "Llamada", "whatsapp": "WhatsApp", "sms": "SMS"}
ICONS = {"email": "✉", "call": "☎", "whatsapp": "◉", "sms": "▤"}
TOUCHES = {
    "touch.due": Told("", "Toca enviar", Tone.QUIET),
    "touch.deferred": Told("", "Queda para después", Tone.QUIET),
    "touch.sent": Told("", "Aceptado por el proveedor"),
    "touch.delivered": Told("", "Entregado", Tone.GOOD),
    "touch.failed": Told("", "No llegó", Tone.BAD),
    "touch.skipped": Told("", "No se envió", Tone.DOUBT),
    "touch.uncertain": Told("", "Sin respuesta clara del proveedor", Tone.DOUBT),
    "touch.looked_up": Told("", "Se le preguntó al proveedor", Tone.QUIET),
    "touch.unknown": Told("", "No se sabe si se envió: revísalo", Tone.BAD),
    "touch.reviewed": Told("", "Revisado por una persona"),
    "touch.held": Told("", "En espera", Tone.DOUBT),
    DELAYED: Told("", "No salió todavía", Tone.DOUBT),
}
OTHERS = {
    "lead.created": Told("+", "Llegó el lead", Tone.GOOD),
    "lead.returned": Told("↻", "Volvió a llenar un formulario"),  # of older versions
    "lead.updated": Told("↻", "Volvió a llenar un formulario"),
    "lead.superseded": Told("→", "El seguimiento sigue en otro lead", Tone.QUIET),
    "lead.needs_attention": Told("!", "Espera a una persona", Tone.DOUBT),
    "lead.registered": Told("K", "Registrado en Kommo", Tone.GOOD),
    "lead.unregistered": Told("K", "Kommo lo rechazó", Tone.BAD),
    "lead.opted_out": Told("⊘", "Pidió que no se le contacte", Tone.BAD),
    "lead.closed": Told("■", "Cerrado en Kommo"),
    "lead.paused": Told("‖", "Seguimiento en pausa", Tone.DOUBT),
    "lead.unpaused": Told("▶", "El seguimiento continúa"),
    "lead.stopped": Told("⊘", "Alto a todo contacto", Tone.BAD),
    "lead.erased": Told("✕", "Se borraron sus datos personales", Tone.BAD),
    "lead.booked": Told("★", "Agendó una reunión", Tone.GOOD),
    "booking.moved": Told("★", "Cambió la hora de su reunión"),
    "booking.cancelled": Told("☆", "Canceló su reunión", Tone.DOUBT),
    "booking.unmatched": Told("☆", "Una reserva que no es de ningún lead", Tone.DOUBT),
    "booking.attached": Told("★", "Se le asignó una reserva"),
    "meeting.ended": Told("★", "Terminó la reunión", Tone.GOOD),
    "cadence.finished": Told("■", "Terminó el seguimiento sin reunión", Tone.QUIET),
    "step.skipped": Told("↷", "Se omite un paso"),
    "call.answered": Told("☎", "Contestó la llamada", Tone.GOOD),
    "call.unanswered": Told("☎", "No contestó", Tone.DOUBT),
    "reply.received": Told("«", "Respondió", Tone.GOOD),
    "outbound.paused": Told("■", "Se detuvo todo lo que sale", Tone.BAD),
    "outbound.resumed": Told("■", "Todo vuelve a salir", Tone.GOOD),
    "provider.away": Told("!", "Un proveedor no está disponible", Tone.BAD),
    "provider.back": Told("✓", "El proveedor responde de nuevo", Tone.GOOD),
    "spending.reached": Told("$", "El gasto se acerca al tope del día", Tone.DOUBT),
    "dead_letter.replayed": Told("↻", "Se reintentó un mensaje pendiente"),
    "dead_letter.discarded": Told("✕", "Se descartó un mensaje pendiente", Tone.DOUBT),
    "catch_up.held": Told("‖", "Hay contactos atrasados que esperan tu decisión", Tone.BAD),
    "catch_up.released": Told("▶", "Los contactos atrasados ya pueden salir"),
    "touches.release": Told("▶", "Se dejan salir contactos retenidos"),
    "work.failed": Told("!", "Se apartó un trabajo que no se pudo hacer", Tone.BAD),
    "work.retry": Told("↻", "Se reintenta un trabajo apartado"),
    "work.discard": Told("✕", "Se descartó un trabajo apartado", Tone.DOUBT),
    "backup.started": Told("⎘", "Empezó un respaldo", Tone.QUIET),
    "journey.published": Told("◇", "Nueva versión del recorrido"),
}
REASONS = {
    "opted_out": "pidió que no se le contacte",
    "no_address": "no dejó ese dato",
    "bad_address": "esa dirección no existe",
    "booked": "ya tiene reunión",
    "booked_elsewhere": "ya tiene reunión con otro de sus leads",
    "not_booked": "la reunión se movió o se canceló",
    "closed": "está cerrado en Kommo",
    "too_late": "ya era muy tarde para este paso",
    "overtaken": "ya tocaba el paso siguiente",
    "called_today": "ya se llamó hoy a ese número",  # of older versions
    "abroad": "es un número de otro país",
    "unusable_number": "no es un número al que se pueda llamar o escribir",
    "no_hours": "no hay una hora en la que se le pueda contactar",
    "weekly_limit": "ya tuvo el contacto de esta semana por otro medio",
    "daily_limit": "ya tuvo su contacto de hoy",
    "hours": "no es hora de contactarle",
    "number_unknown": "es un número de una serie desconocida",
    "capped": "se alcanzó un tope",
    "operator": "lo decidió una persona",
    "key_unheard": "no se sabe si lo pidió durante la llamada",
    "not_asked": "no lo pidió durante la llamada",
    "paused": "todo está detenido",
    "provider_away": "el proveedor no está disponible",
    "budget_spent": "se alcanzó el tope de gasto del día",
    "voicemail": "buzón de voz",
    "busy": "ocupado",
    "no_answer": "sonó y nadie contestó",
    "failed": "no se pudo conectar",
    "hung_up": "colgó",
    "fax": "contestó un fax",
    "reply": "respondió BAJA",
    "unsubscribed": "se dio de baja por correo",
    "won": "ganado",
    "lost": "perdido",
    "deleted": "borrado",
    "taken_over": "lo atiende una persona",
    "erased": "se borraron sus datos",
    "superseded": "sigue en otro lead",
    "added_address_stopped": ("pidió no recibir más en una dirección que agregó después; su seguimiento está en pausa"),
}
OWN_REASONS = {  # the same word, of another matter
    ("touch.deferred", "paused"): "su seguimiento está en pausa",
}
PLAIN_DETAILS = ("text", "about")


def tell(body: Mapping[str, Any]) -> Told:
    """One line for an event; of a topic that is not known, its own name."""
    topic, channel = _text(body, "topic"), _text(body, "channel")
    touch = TOUCHES.get(topic)
    known = touch or OTHERS.get(topic, Told("•", topic))
    booking, card = body.get("booking") or {}, body.get("card") or {}
    outage = read_outage(_text(body, "reason"))
    return replace(
        known,
        icon=ICONS.get(channel, "•") if touch else known.icon,
        detail=outage.text if outage else _detail(body),
        values=outage.values if outage else (),
        channel=CHANNELS.get(channel, "") if touch else "",
        step=_text(body, "step"),
        by=_text(body, "by"),
        name=_text(card, "name"),
        touch_id=_text(body, "touch_id") if topic == "touch.sent" else "",
        ref=_text(body, "provider_ref"),
        again_at=_text(body, "again_at"),
        meets_at=_text(booking, "starts_at"),
        meeting_url=_text(booking, "meeting_url"),
    )


def without_earlier_delays(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Returns the rows of a lead's events; of delays of a touch that follow each other, only the last."""
    shown: list[Mapping[str, Any]] = []
    next_topic: dict[str, str] = {}
    for event in reversed(events):
        touch_id, topic = _text(event["body"], "touch_id"), _text(event["body"], "topic")
        if (topic, next_topic.get(touch_id)) != (DELAYED, DELAYED):
            shown.append(event)
        next_topic[touch_id] = topic
    return shown[::-1]


def _text(of: Any, name: str) -> str:
    value = of.get(name) if isinstance(of, Mapping) else None
    return value if isinstance(value, str) else ""


def _detail(body: Mapping[str, Any]) -> str:
    if provider := _text(body, "provider"):
        return _provider_detail(provider, _text(body, "reason"))
    if reason := _text(body, "reason"):
        return OWN_REASONS.get((_text(body, "topic"), reason)) or REASONS.get(reason, reason)
    if number := body.get("by_lead_id"):
        return f"#{number}"
    return next((text for name in PLAIN_DETAILS if (text := _text(body, name))), "")


def _provider_detail(provider: str, reason: str) -> str:
    """The provider and why, named once."""
    name = NAMES.get(provider, provider)
    return f"{name}: {reason.removeprefix(f'{provider}: ')}" if reason else name
