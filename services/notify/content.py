"""Turns a touch into words for one person: what every template may name, in the person's own language and zone."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_timezone, get_timezone_location
from icalendar import Calendar
from icalendar import Event as Appointment

from contracts.events.booking import Booking
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel
from domain.journey.parser import FOLDERS
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


NOBODYS_NAME = {
    "es": "buen día",
    "en": "there",
}  # "Hola, buen día:", where what was typed is no name


class Wording:
    """The texts of every language there is, and the facts that they name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folder, usual = Path(settings.templates_path), settings.language
        others = [path.name for path in folder.iterdir() if path.is_dir() and path.name != usual]
        self._templates = {name: Templates(folder, name, otherwise=usual) for name in others}
        self._templates[usual] = Templates(folder, usual)

    def language_of(self, touch: Touch | None) -> str:
        """The booking's language, where there are texts in it; the business's otherwise."""
        wished = (
            (touch.booking.language or "" if touch and touch.booking else "")
            .replace("_", "-")
            .lower()
        )
        for name in self._templates:
            if wished and name.lower().split("-")[0] == wished.split("-")[0]:
                return name
        return self._settings.language

    def templates_for(self, touch: Touch | None) -> Templates:
        return self._templates[self.language_of(touch)]

    def render(self, touch: Touch, card: LeadCard) -> Rendered:
        """What the touch says to this person."""
        texts, facts = (
            self.templates_for(touch),
            self.facts(touch.submission_id or touch.lead_id, card, touch),
        )
        if touch.channel is Channel.EMAIL:
            return texts.email(touch.template, facts)
        return Rendered(texts.text(FOLDERS[touch.channel], touch.template, facts))

    def facts(
        self, submission_id: int, card: LeadCard, touch: Touch | None = None
    ) -> dict[str, str]:
        """What a text may name; its links are those of the form that was answered with `submission_id`."""
        s = self._settings
        secret = s.link_secret.get_secret_value()
        booking = touch.booking if touch else None
        language = self.language_of(touch)
        return {
            "name": phrase(card.name),
            "first_name": first_name(card.name)
            or NOBODYS_NAME.get(language.split("-", maxsplit=1)[0], ""),
            "company": phrase(card.company),
            "service": phrase(card.service),
            "booking_url": booking_link(s.booking_url, submission_id, card, secret),
            "unsubscribe_url": unsubscribe_link(s.public_url, submission_id, secret),
            "business": s.business_name,
            "contact": s.business_contact,
            "advisor": s.advisor_name,
            "resource_url": s.resource_url,
            "survey_url": s.survey_url,
            "material_url": s.material_url,
            "meeting_when": self._when(booking, card, language) if booking else "",
            "meeting_url": booking.meeting_url or "" if booking else "",
            "meeting_title": phrase(booking.title) if booking else "",
        }

    def _when(self, booking: Booking, card: LeadCard, language: str) -> str:
        """`jueves 12 de febrero a las 11:00 a.m. (hora de Monterrey)`; nothing where the time is unknown."""
        if booking.starts_at is None:
            return ""
        zone = whereabouts(
            booking.time_zone or card.time_zone,
            card.phone,
            zone=self._settings.timezone,
            region=self._settings.default_region,
        ).home
        locale = language.replace("-", "_")
        pattern, named = PATTERNS.get(language.split("-", maxsplit=1)[0], PATTERNS["en"])
        local = booking.starts_at.astimezone(ZoneInfo(zone))
        city = get_timezone_location(get_timezone(zone), locale=locale, return_city=True)
        return f"{format_datetime(local, pattern, locale=locale)} ({named.format(city)})"


def appointment(booking: Booking, *, business: str) -> Attachment | None:
    """The meeting as a calendar file; None where its time is unknown."""
    if booking.starts_at is None:
        return None
    entry = Appointment()
    entry.add("uid", f"{booking.uid}@pauta")
    entry.add("summary", booking.title or business)
    entry.add("dtstamp", booking.starts_at)
    entry.add("dtstart", booking.starts_at)
    entry.add("dtend", booking.ends_at or booking.starts_at + timedelta(minutes=30))
    if booking.meeting_url:
        entry.add("url", booking.meeting_url)
        entry.add("location", booking.meeting_url)
    calendar = Calendar()
    calendar.add("prodid", "-//Pauta//ES")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    return Attachment("reunion.ics", calendar.to_ical())
