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
class EventDescription:
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
    "touch.due": EventDescription("", "Por enviar", Tone.QUIET),
    "touch.deferred": EventDescription("", "Se pospuso", Tone.QUIET),
    "touch.sent": EventDescription("", "Aceptado por el proveedor"),
    "touch.delivered": EventDescription("", "Entregado", Tone.GOOD),
    "touch.failed": EventDescription("", "No se entregó", Tone.BAD),
    "touch.skipped": EventDescription("", "No se envió", Tone.DOUBT),
    "touch.uncertain": EventDescription("", "Sin confirmación del proveedor", Tone.DOUBT),
    "touch.checked": EventDescription("", "Se consultó al proveedor", Tone.QUIET),
    "touch.unresolved": EventDescription("", "Envío sin confirmar: revísalo", Tone.BAD),
    "touch.resolve": EventDescription("", "Lo decidió un operador", Tone.QUIET),
    "touch.resolved": EventDescription("", "Revisado por un operador"),
    "touch.held": EventDescription("", "Retenido", Tone.DOUBT),
    DELAYED: EventDescription("", "Todavía no se envía", Tone.DOUBT),
}
OTHERS = {
    "lead.created": EventDescription("+", "Nuevo lead", Tone.GOOD),
    "lead.returned": EventDescription("↻", "Volvió a llenar un formulario"),  # of older versions
    "lead.updated": EventDescription("↻", "Volvió a llenar un formulario"),
    "lead.superseded": EventDescription("→", "El seguimiento continúa en otro lead", Tone.QUIET),
    "lead.needs_attention": EventDescription("!", "Requiere atención", Tone.DOUBT),
    "lead.registered": EventDescription("K", "Registrado en Kommo", Tone.GOOD),
    "lead.registration_failed": EventDescription("K", "Kommo lo rechazó", Tone.BAD),
    "lead.opted_out": EventDescription("⊘", "Se dio de baja", Tone.BAD),
    "lead.closed": EventDescription("■", "Cerrado en Kommo"),
    "lead.paused": EventDescription("‖", "Seguimiento en pausa", Tone.DOUBT),
    "lead.resumed": EventDescription("▶", "Se reanudó el seguimiento"),
    "lead.pause": EventDescription("‖", "Se pidió pausar el seguimiento", Tone.QUIET),
    "lead.resume": EventDescription("▶", "Se pidió reanudar el seguimiento", Tone.QUIET),
    "lead.stop": EventDescription("⊘", "Se pidió no volver a contactar", Tone.QUIET),
    "lead.erase": EventDescription("✕", "Se pidió borrar sus datos", Tone.QUIET),
    "lead.erased": EventDescription("✕", "Se borraron sus datos personales", Tone.BAD),
    "lead.booked": EventDescription("★", "Agendó una reunión", Tone.GOOD),
    "booking.rescheduled": EventDescription("★", "Reagendó su reunión"),
    "booking.cancelled": EventDescription("☆", "Canceló su reunión", Tone.DOUBT),
    "booking.unmatched": EventDescription("☆", "Reserva sin asignar", Tone.DOUBT),
    "booking.assign": EventDescription("★", "Se pidió asignarle una reserva", Tone.QUIET),
    "booking.assigned": EventDescription("★", "Se le asignó una reserva"),
    "meeting.ended": EventDescription("★", "Terminó la reunión", Tone.GOOD),
    "cadence.finished": EventDescription("■", "Terminó el seguimiento sin reunión", Tone.QUIET),
    "step.skip": EventDescription("↷", "Se pidió omitir un paso", Tone.QUIET),
    "call.answered": EventDescription("☎", "Contestó la llamada", Tone.GOOD),
    "call.unanswered": EventDescription("☎", "No contestó", Tone.DOUBT),
    "reply.received": EventDescription("«", "Respondió", Tone.GOOD),
    "outbound.pause": EventDescription("■", "Se pidió pausar todos los envíos", Tone.QUIET),
    "outbound.resume": EventDescription("■", "Se pidió reanudar los envíos", Tone.QUIET),
    "outbound.paused": EventDescription("■", "Envíos en pausa", Tone.BAD),
    "outbound.resumed": EventDescription("■", "Se reanudaron los envíos", Tone.GOOD),
    "provider.unavailable": EventDescription("!", "Un proveedor no está disponible", Tone.BAD),
    "provider.recovered": EventDescription("✓", "El proveedor ya responde", Tone.GOOD),
    "spending.reached": EventDescription("$", "El gasto se acerca al tope del día", Tone.DOUBT),
    "dead_letter.replayed": EventDescription("↻", "Se reintentó un mensaje pendiente"),
    "dead_letter.discarded": EventDescription("✕", "Se descartó un mensaje pendiente", Tone.DOUBT),
    "backlog.held": EventDescription("‖", "Hay envíos atrasados que esperan tu decisión", Tone.BAD),
    "backlog.released": EventDescription("▶", "Se liberaron los envíos atrasados"),
    "touches.release": EventDescription("▶", "Se pidió liberar los envíos retenidos", Tone.QUIET),
    "touches.released": EventDescription("▶", "Se liberaron los envíos retenidos"),
    "work.failed": EventDescription("!", "No se pudo completar una tarea", Tone.BAD),
    "work.retry": EventDescription("↻", "Se pidió reintentar una tarea fallida", Tone.QUIET),
    "work.retried": EventDescription("↻", "Se reintenta una tarea fallida"),
    "work.discard": EventDescription("✕", "Se pidió descartar una tarea fallida", Tone.QUIET),
    "work.discarded": EventDescription("✕", "Se descartó una tarea fallida", Tone.DOUBT),
    "backup.started": EventDescription("⎘", "Empezó un respaldo", Tone.QUIET),
    "journey.published": EventDescription("◇", "Nueva versión del recorrido"),
}
REASONS = {
    "opted_out": "se dio de baja",
    "no_address": "no dejó ese dato",
    "bad_address": "esa dirección no existe",
    "booked": "ya tiene reunión",
    "booked_elsewhere": "ya tiene reunión en otro de sus leads",
    "not_booked": "la reunión se reagendó o se canceló",
    "closed": "está cerrado en Kommo",
    "too_late": "ya era muy tarde para este paso",
    "overtaken": "ya seguía el siguiente paso",
    "called_today": "ya se llamó hoy a ese número",  # of older versions
    "abroad": "es un número de otro país",
    "unusable_number": "a ese número no se puede llamar ni escribir",
    "no_hours": "no hay un horario permitido para ese número",
    "weekly_limit": "ya se le contactó esta semana por otro medio",
    "daily_limit": "ya se le contactó hoy",
    "hours": "está fuera del horario permitido",
    "number_unknown": "es un número de una serie desconocida",
    "capped": "se alcanzó un tope",
    "operator": "lo decidió un operador",
    "key_unheard": "no se sabe si lo pidió durante la llamada",
    "not_asked": "no lo pidió durante la llamada",
    "paused": "los envíos están en pausa",
    "provider_unavailable": "el proveedor no está disponible",
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
    "taken_over": "lo atiende un asesor",
    "erased": "se borraron sus datos",
    "superseded": "continúa en otro lead",
    "added_address_stopped": (
        "se dio de baja en una dirección que agregó después; su seguimiento está en pausa"
    ),
}
OWN_REASONS = {  # the same word, of another matter
    ("touch.deferred", "paused"): "su seguimiento está en pausa",
}
PLAIN_DETAILS = ("text", "about")


def describe_event(body: Mapping[str, Any]) -> EventDescription:
    """One line for an event; of a topic that is not known, its own name."""
    topic, channel = _text(body, "topic"), _text(body, "channel")
    touch = TOUCHES.get(topic)
    known = touch or OTHERS.get(topic, EventDescription("•", topic))
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
