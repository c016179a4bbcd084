"""Renders a touch for one person, in the language and time zone of that person."""

from datetime import timedelta
from pathlib import Path
from typing import assert_never
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_timezone, get_timezone_location
from icalendar import Calendar
from icalendar import Event as Appointment

from contracts.events.booking import Booking
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel
from domain.channels import facts_of
from domain.journey.time_zones import whereabouts
from providers.brevo.client import Attachment
from services.notify.decisions.untrusted_text import first_name, phrase
from services.notify.links import booking_link, unsubscribe_link
from services.notify.settings import Settings
from services.notify.templates import Rendered, Templates
from services.notify.touches import Touch

PATTERNS = {
    "es": ("EEEE d 'de' MMMM 'a las' h:mm a", "hora de {}"),
    "en": ("EEEE, MMMM d 'at' h:mm a", "{} time"),
}

# "Hola, buen día:", where the typed name is no name
WITHOUT_NAME = {
    "es": "buen día",
    "en": "there",
}
DEFAULT_LENGTH = timedelta(minutes=30)  # of a meeting whose end is unknown


class Wording:
    """The texts of every language there is, and the values that they name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folder = Path(settings.templates_path)
        usual = settings.language
        others = [path.name for path in folder.iterdir() if path.is_dir() and path.name != usual]
        self._templates = {name: Templates(folder, name, otherwise=usual) for name in others}
        self._templates[usual] = Templates(folder, usual)

    def language_of(self, touch: Touch | None) -> str:
        """Returns the booking's language where there are texts in it, else the business's."""
        booking = touch.booking if touch else None
        if booking is None or not booking.language:
            return self._settings.language
        wanted = _base_language(booking.language.replace("_", "-").lower())
        for name in self._templates:
            if _base_language(name.lower()) == wanted:
                return name
        return self._settings.language

    def templates_for(self, touch: Touch | None) -> Templates:
        return self._templates[self.language_of(touch)]

    def render(self, touch: Touch, card: LeadCard) -> Rendered:
        """Returns the text of the touch for this person."""
        texts = self.templates_for(touch)
        facts = self.facts(touch.submission_id or touch.lead_id, card, touch)
        match touch.channel:
            case Channel.EMAIL:
                return texts.email(touch.template, facts)
            case Channel.CALL | Channel.WHATSAPP | Channel.SMS:
                folder = facts_of(touch.channel).templates
                return Rendered(texts.text(folder, touch.template, facts))
            case _:
                assert_never(touch.channel)

    def facts(
        self, submission_id: int, card: LeadCard, touch: Touch | None = None
    ) -> dict[str, str]:
        """Returns the values that a text may name.

        Its links are those of the form that was answered with `submission_id`.
        """
        settings = self._settings
        secret = settings.link_secret.get_secret_value()
        booking = touch.booking if touch else None
        language = self.language_of(touch)
        return {
            "name": phrase(card.name),
            "first_name": first_name(card.name) or WITHOUT_NAME.get(_base_language(language), ""),
            "company": phrase(card.company),
            "service": phrase(card.service),
            "booking_url": booking_link(settings.booking_url, submission_id, card, secret),
            "unsubscribe_url": unsubscribe_link(settings.public_url, submission_id, secret),
            "business": settings.business_name,
            "contact": settings.business_contact,
            "advisor": settings.advisor_name,
            "resource_url": settings.resource_url,
            "survey_url": settings.survey_url,
            "material_url": settings.material_url,
            "meeting_when": self._when(booking, card, language) if booking else "",
            "meeting_url": booking.meeting_url or "" if booking else "",
            "meeting_title": phrase(booking.title) if booking else "",
        }

    def _when(self, booking: Booking, card: LeadCard, language: str) -> str:
        """Returns `jueves 12 de febrero a las 11:00 a.m. (hora de Monterrey)`.

        Empty where the time is unknown.
        """
        if booking.starts_at is None:
            return ""
        zone = whereabouts(
            booking.time_zone or card.time_zone,
            card.phone,
            zone=self._settings.timezone,
            region=self._settings.default_region,
        ).home
        locale = language.replace("-", "_")
        pattern, zone_pattern = PATTERNS.get(_base_language(language), PATTERNS["en"])
        local = booking.starts_at.astimezone(ZoneInfo(zone))
        city = get_timezone_location(get_timezone(zone), locale=locale, return_city=True)
        when = format_datetime(local, pattern, locale=locale)
        return f"{when} ({zone_pattern.format(city)})"


def _base_language(name: str) -> str:
    """Returns `es` for `es-MX`."""
    return name.split("-", maxsplit=1)[0]


def appointment(booking: Booking, *, business: str) -> Attachment | None:
    """Returns the meeting as a calendar file; None where its time is unknown."""
    if booking.starts_at is None:
        return None
    entry = Appointment()
    entry.add("uid", f"{booking.uid}@pauta")
    entry.add("summary", booking.title or business)
    entry.add("dtstamp", booking.starts_at)
    entry.add("dtstart", booking.starts_at)
    entry.add("dtend", booking.ends_at or booking.starts_at + DEFAULT_LENGTH)
    if booking.meeting_url:
        entry.add("url", booking.meeting_url)
        entry.add("location", booking.meeting_url)
    calendar = Calendar()
    calendar.add("prodid", "-//Pauta//ES")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    return Attachment("reunion.ics", calendar.to_ical())
