"""Renders a text for an invented person, as a preview for its authors."""

from datetime import UTC, datetime

from contracts.events.booking import Booking
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, Kind
from domain.journey.parser import templates_in
from services.notify.content import Wording
from services.notify.settings import Settings
from services.notify.templates import Rendered
from services.notify.touches import Form, Touch

LEAD = 123456
ANA = LeadCard(
    name="Ana Torres",
    email="ana@example.com",
    phone="+528112345678",
    company="Demo SA",
    service="IA",
)
MEETING = Booking(
    uid="preview",
    starts_at=datetime(2026, 3, 12, 17, tzinfo=UTC),
    ends_at=datetime(2026, 3, 12, 17, 30, tzinfo=UTC),
    title="Asesoría inicial",
    meeting_url="https://video.example.com/reunion",
    time_zone="America/Monterrey",
)


def example(
    wording: Wording, settings: Settings, channel: Channel, name: str, *, language: str = ""
) -> Rendered:
    """Returns the text as Ana Torres, of Demo SA, would read it.

    Raises LookupError where there is no such text.
    """
    if name not in templates_in(settings.templates_path, settings.language)[channel]:
        raise LookupError(f"there is no text {name} for {channel}")
    booking = MEETING.model_copy(update={"language": language or settings.language})
    touch = Touch.planned(LEAD, name, channel, Form(LEAD, ANA), kind=Kind.MEETING, booking=booking)
    return wording.render(touch, ANA)
