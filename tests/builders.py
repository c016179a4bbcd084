"""Builds valid examples. A test changes the fields that it is about."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from contracts.events.booking import Booking
from contracts.events.lead import LeadCard, LeadCreated
from contracts.events.touch import Channel, Kind
from kit.leader import Lead, LeadLost
from services.notify.touches import Form, Touch

OWN_VALUE = "a-long-and-secret-value-of-our-own"
PRODUCTION = {
    "PAUTA_PROFILE": "production",
    "PUBLIC_BASE_URL": "https://leads.ejemplo.mx",
    "ALLOW_UNSIGNED_WEBHOOKS": "false",
    "BOOKING_URL": "https://cal.com/ejemplo",
    "BREVO_SENDER_EMAIL": "hola@ejemplo.mx",
    "LINK_SECRET": OWN_VALUE,
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_CONTENT_SIDS": "welcome=HX" + "a" * 32,
    "KOMMO_BASE_URL": "https://ejemplo.kommo.com",
    **dict.fromkeys(
        ("BREVO_BASE_URL", "TWILIO_BASE_URL", "CALCOM_API_URL"), "https://api.ejemplo.mx"
    ),
    **dict.fromkeys(
        ("KOMMO_ACCESS_TOKEN", "KOMMO_WEBHOOK_TOKEN", "CALCOM_WEBHOOK_SECRET", "CALCOM_API_KEY"),
        OWN_VALUE,
    ),
    **dict.fromkeys(("TWILIO_AUTH_TOKEN", "BREVO_API_KEY", "BREVO_WEBHOOK_TOKEN"), OWN_VALUE),
    **{
        f"{name}_PASSWORD": OWN_VALUE
        for name in ("INTAKE", "CRM", "NOTIFY", "SCHEDULER", "CONSOLE")
    },
    **dict.fromkeys(("CONSOLE_SECRET", "CONSOLE_API_TOKEN", "SCHEDULER_API_TOKEN"), OWN_VALUE),
    "CONSOLE_USERS": "ana:operator:$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
    "SIMULATOR_REPLICAS": "0",
}


class SteadyLead(Lead):
    """A leadership that lasts until a test sets `lost`."""

    def __init__(self) -> None:
        self.term = 1
        self.lost = False

    async def holds(self) -> None:
        if self.lost:
            raise LeadLost("leader: term 2 has begun")


def a_card(**changes: Any) -> LeadCard:
    card = LeadCard(
        name="Ana Torres",
        email="ana@example.com",
        phone="+528112345678",
        company="Demo SA",
        service="Consultoría IA",
        source="Landing 1",
    )
    return card.model_copy(update=changes)


def a_lead_created(**changes: Any) -> LeadCreated:
    return LeadCreated(lead_id=changes.pop("lead_id", 123456), card=a_card(**changes))


def a_touch(channel: Channel = Channel.CALL, *, lead_id: int = 123456, **changes: Any) -> Touch:
    touch = Touch.planned(
        lead_id, "welcome", channel, Form(lead_id, a_card()), kind=Kind.FIRST_CONTACT
    )
    return replace(touch, **changes)


def a_booking(uid: str = "q7hT2mXvR9cLw4ZpNsK8Yb", **changes: Any) -> Booking:
    booking = Booking(
        uid=uid,
        starts_at=datetime(2026, 2, 12, 17, tzinfo=UTC),
        ends_at=datetime(2026, 2, 12, 17, 30, tzinfo=UTC),
        title="Asesoría inicial",
        meeting_url="https://video.example.com/aB3dE5fG7h",
        time_zone="America/Monterrey",
        language="es",
    )
    return booking.model_copy(update=changes)
