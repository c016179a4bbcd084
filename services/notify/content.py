"""Renders a touch for one person, in the language and time zone of that person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import assert_never
from zoneinfo import ZoneInfo

from babel.dates import get_timezone, get_timezone_location
from icalendar import Calendar, vCalAddress, vText
from icalendar import Event as Appointment

from contracts.events.booking import Booking
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, Kind
from domain.channels import facts_of
from domain.journey.texts import NO_CALL
from domain.journey.time_zones import whereabouts
from domain.sms import MOST_SEGMENTS, as_sms, segments
from providers.brevo.client import Attachment
from providers.twilio.content import MAX_LINKS, MAX_VALUE
from services.notify.decisions.meetings import (
    base_language,
    named_time,
    time_in_words,
    way_to_meet,
)
from services.notify.decisions.untrusted_text import first_name, phrase
from services.notify.links import booking_link, unsubscribe_link
from services.notify.settings import Settings
from services.notify.short_links import Target
from services.notify.templates import Rendered, Templates
from services.notify.touches import Touch

# "Hola, buen día:", where the typed name is no name
WITHOUT_NAME = {
    "es": "buen día",
    "en": "there",
}
LONG_LINKS: Mapping[Target, str] = MappingProxyType({})
DATES = 8  # of a series, in one text
DATES_IN_SMS = 1  # because every segment is paid for
LONGEST_WHEN = MAX_VALUE - len("el ")  # in a value of a WhatsApp template
DEFAULT_LENGTH = timedelta(minutes=30)  # of a meeting whose end is unknown
INVITES = (Kind.MEETING, Kind.CANCELLATION)


@dataclass(frozen=True, slots=True)
class Organizer:
    """The business as calendars name it."""

    name: str
    email: str


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
        wanted = base_language(booking.language.replace("_", "-").lower())
        for name in self._templates:
            if base_language(name.lower()) == wanted:
                return name
        return self._settings.language

    @property
    def organizer(self) -> Organizer:
        """Returns the business, at the address that its mails come from."""
        return Organizer(self._settings.business_name, self._settings.brevo.sender_email)

    def templates_for(self, touch: Touch | None) -> Templates:
        return self._templates[self.language_of(touch)]

    def template_of(self, touch: Touch) -> str:
        """Returns the template's name, or the one it varies where this folder has no such text."""
        folder = facts_of(touch.channel).templates
        if self.templates_for(touch).has(folder, touch.template):
            return touch.template
        return touch.template.removesuffix(NO_CALL)

    def render(
        self,
        touch: Touch,
        card: LeadCard,
        *,
        links: Mapping[Target, str] = LONG_LINKS,
        language: str | None = None,
    ) -> Rendered:
        """Returns the text of the touch for this person.

        `links` are the short ones that replace the long ones. `language` is by default the
        touch's own.
        """
        language = language or self.language_of(touch)
        texts = self._templates[language]
        submission_id = touch.submission_id or touch.lead_id
        facts = self.facts(submission_id, card, touch, links=links, language=language)
        match touch.channel:
            case Channel.EMAIL:
                return texts.email(touch.template, facts)
            case Channel.CALL | Channel.WHATSAPP:
                folder = facts_of(touch.channel).templates
                return Rendered(texts.text(folder, self.template_of(touch), facts))
            case Channel.SMS:
                return Rendered(_sms(texts, self.template_of(touch), facts, language))
            case _:
                assert_never(touch.channel)

    def linked(self, touch: Touch, card: LeadCard) -> list[Target]:
        """Returns the links of the touch's text that are short. An email has long ones.

        WhatsApp names the meeting's own link, because it is charged by the message; not one that
        a value of its templates has no room for.
        """
        match touch.channel:
            case Channel.EMAIL | Channel.CALL:
                return []
            case Channel.WHATSAPP:
                targets = self._targets(touch)
                if len(self.destination(Target.MEETING, touch, card)) <= MAX_LINKS:
                    targets -= {Target.MEETING}
            case Channel.SMS:
                targets = self._targets(touch)
            case _:
                assert_never(touch.channel)
        return [target for target in sorted(targets) if self.destination(target, touch, card)]

    def _targets(self, touch: Touch) -> set[Target]:
        """Returns what the text links to. An approved template may have the booking link too."""
        folder = facts_of(touch.channel).templates
        named = self.templates_for(touch).names(folder, self.template_of(touch))
        targets = {target for target in Target if target.fact in named}
        if touch.kind is not Kind.MEETING:
            targets.add(Target.BOOKING)
        if "meeting_how" in named:
            targets.add(Target.MEETING)
        return targets

    def destination(self, target: Target, touch: Touch, card: LeadCard) -> str:
        """Returns the long link that a short one stands for; empty where there is none."""
        return self.facts(touch.submission_id or touch.lead_id, card, touch)[target.fact]

    def facts(
        self,
        submission_id: int,
        card: LeadCard,
        touch: Touch | None = None,
        *,
        links: Mapping[Target, str] = LONG_LINKS,
        language: str | None = None,
    ) -> dict[str, str]:
        """Returns the values that a text may name.

        Its links are those of the form that was answered with `submission_id`.
        """
        settings = self._settings
        secret = settings.link_secret.get_secret_value()
        booking = touch.booking if touch else None
        language = language or self.language_of(touch)
        channel = touch.channel if touch else None
        when = self._when(booking, card, language, channel)
        other = self._when(touch.other_booking, card, language, channel) if touch else ""
        facts = {
            "name": phrase(card.name),
            "first_name": first_name(card.name) or WITHOUT_NAME.get(base_language(language), ""),
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
            "just_now": "",
            "meeting_when": when,
            "meeting_at": named_time(when, language),
            "meeting_url": booking.meeting_url or "" if booking else "",
            "other_meeting": "yes" if touch and touch.other_booking else "",
            "other_meeting_when": other,
            "meeting_title": phrase(booking.title) if booking else "",
        }
        facts |= {target.fact: link for target, link in links.items() if facts[target.fact]}
        facts["meeting_how"] = self._how(booking, facts["meeting_url"], touch, language)
        return facts

    def _how(
        self, booking: Booking | None, meeting_url: str, touch: Touch | None, language: str
    ) -> str:
        """Returns how they meet, as a person would say it; empty without a meeting."""
        if booking is None or touch is None:
            return ""
        return way_to_meet(
            booking,
            meeting_url=meeting_url,
            phone=touch.address,
            region=self._settings.default_region,
            language=language,
        )

    def _when(
        self, booking: Booking | None, card: LeadCard, language: str, channel: Channel | None
    ) -> str:
        """Returns `jueves 12 de febrero a las 11:00 a.m. (hora de Monterrey)`.

        Of a series it lists as many dates as the channel has room for. Empty where the time is
        unknown.
        """
        if booking is None:
            return ""
        times = [meeting.starts_at for meeting in booking.meetings if meeting.starts_at]
        if not times:
            return ""
        zone = whereabouts(
            booking.time_zone or card.time_zone,
            card.phone,
            zone=self._settings.timezone,
            region=self._settings.default_region,
        ).home
        locale = language.replace("-", "_")
        city = get_timezone_location(get_timezone(zone), locale=locale, return_city=True)
        local = [time.astimezone(ZoneInfo(zone)) for time in times]
        most = DATES_IN_SMS if channel is Channel.SMS else DATES
        longest = LONGEST_WHEN if channel is Channel.WHATSAPP else None
        return time_in_words(local, city, language, most=most, longest=longest)


def _sms(texts: Templates, template: str, facts: dict[str, str], language: str) -> str:
    """Returns the text of an SMS.

    A name that no phone's own alphabet has, or that is very long, is left out where the text would
    take more than two segments with it.
    """
    folder = facts_of(Channel.SMS).templates
    text = as_sms(texts.text(folder, template, facts))
    if segments(text).count <= MOST_SEGMENTS:
        return text
    unnamed = facts | {"first_name": WITHOUT_NAME.get(base_language(language), "")}
    return as_sms(texts.text(folder, template, unnamed))


def appointments(
    touch: Touch, organizer: Organizer, card: LeadCard, at: datetime
) -> tuple[Attachment, ...]:
    """Returns each meeting of the booking as an invitation, or its cancellation."""
    if touch.booking is None or touch.kind not in INVITES:
        return ()
    meetings = touch.booking.meetings
    files = [_appointment(meeting, touch, organizer, card, at) for meeting in meetings]
    contents = [content for content in files if content is not None]
    if len(contents) == 1:
        return (Attachment("reunion.ics", contents[0]),)
    return tuple(
        Attachment(f"reunion-{number}.ics", content)
        for number, content in enumerate(contents, start=1)
    )


def _appointment(
    booking: Booking, touch: Touch, organizer: Organizer, card: LeadCard, at: datetime
) -> bytes | None:
    """Returns the calendar file of one meeting; None where its time is unknown.

    Calendars find the appointment by its UID, which stays the same for all its life, and take the
    highest SEQUENCE: https://www.rfc-editor.org/rfc/rfc5546
    """
    if booking.starts_at is None:
        return None
    cancelled = touch.kind is Kind.CANCELLATION
    entry = Appointment()
    entry.add("uid", booking.ical_uid or f"{booking.uid}@pauta")
    entry.add("sequence", booking.sequence + cancelled)
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    entry.add("summary", booking.title or organizer.name)
    entry.add("dtstamp", at)
    entry.add("dtstart", booking.starts_at)
    entry.add("dtend", booking.ends_at or booking.starts_at + DEFAULT_LENGTH)
    entry.add("organizer", _person(organizer.email, organizer.name))
    attendee = touch.address or booking.email
    if attendee:
        entry.add("attendee", _person(attendee, phrase(card.name)))
    if booking.meeting_url:
        entry.add("url", booking.meeting_url)
    if booking.meeting_url or booking.location:
        entry.add("location", booking.meeting_url or booking.location)
    calendar = Calendar()
    calendar.add("prodid", "-//Pauta//ES")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _person(email: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{email}")
    if name:
        person.params["CN"] = vText(name)
    return person
