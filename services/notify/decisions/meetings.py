"""Says when a meeting is, and how the two sides meet, in the words of a person. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.lists import format_list

from contracts.events.booking import Booking
from domain.dates import in_words
from domain.phone import read_number, readable
from services.notify.decisions.untrusted_text import LONGEST_PLACE, phrase

PHONE = re.compile(r"\+?[0-9\s().-]{10,25}")


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `article` stands before a time of which a sentence speaks: "for the ..."."""

    zone: str
    article: str
    chosen_time: str
    join: str
    call_here: str
    call_there: str
    place: str
    unknown: str
    one_more: str
    more: str


SPANISH = Words(
    zone="hora de {}",
    article="el ",
    chosen_time="la hora que elegiste",
    join="entra en {}",
    call_here="te llamaremos a este número",
    call_there="por teléfono, en el {}",
    place="nos vemos en {}",
    unknown="los datos están en el correo que te envió el calendario",
    one_more="una fecha más",
    more="{} fechas más",
)
ENGLISH = Words(
    zone="{} time",
    article="",
    chosen_time="the time you chose",
    join="join at {}",
    call_here="we will call you on this number",
    call_there="by phone, on {}",
    place="we meet at {}",
    unknown="the details are in the email that the calendar sent you",
    one_more="one more date",
    more="{} more dates",
)
LANGUAGES = {"es": SPANISH, "en": ENGLISH}


def words_of(language: str) -> Words:
    """Returns the words of `es-MX`; English where a language has none."""
    return LANGUAGES.get(base_language(language), ENGLISH)


def base_language(name: str) -> str:
    """Returns `es` for `es-MX`."""
    return name.split("-", maxsplit=1)[0]


def time_in_words(
    times: Sequence[datetime], city: str, language: str, *, most: int, longest: int | None = None
) -> str:
    """Returns `jueves 12 de febrero a la 1:00 p.m. (hora de Monterrey)`, or a list of them.

    Of more than `most`, or than `longest` characters have room for, it counts the others.
    """
    when = _listed(times, city, language, most)
    if longest is None or len(when) <= longest or most == 1:
        return when
    fewer = min(most, len(times)) - 1
    return time_in_words(times, city, language, most=max(fewer, 1), longest=longest)


def _listed(times: Sequence[datetime], city: str, language: str, most: int) -> str:
    words = words_of(language)
    locale = language.replace("-", "_")
    dates = [in_words(time, language) for time in times[:most]]
    others = len(times) - most
    if others > 0:
        dates.append(words.one_more if others == 1 else words.more.format(others))
    when = format_list(dates, locale=locale)
    return f"{when} ({words.zone.format(city)})"


def remaining_meetings(
    booking: Booking | None, cancelled: Booking | None, now: datetime
) -> Booking | None:
    """Returns the meetings of the booking that lie ahead, but for the cancelled ones.

    None where there is none. A meeting whose time is unknown lies ahead.
    """
    if booking is None:
        return None
    gone = {meeting.uid for meeting in cancelled.meetings} if cancelled is not None else set()
    if not booking.series:
        is_ahead = booking.starts_at is None or booking.starts_at > now
        return booking if is_ahead and booking.uid not in gone else None
    left = [date for date in booking.series if date.starts_at > now and date.uid not in gone]
    return booking.of(left) if left else None


def named_time(when: str, language: str) -> str:
    """Returns the time as a sentence names it: `el jueves …`, or `la hora que elegiste`."""
    words = words_of(language)
    return words.article + when if when else words.chosen_time


def way_to_meet(
    booking: Booking, *, meeting_url: str, phone: str | None, region: str, language: str
) -> str:
    """Returns how they meet: by a link, by phone, or at a place.

    `phone` is the number of the person who reads it, and `region` the business's country.
    """
    words = words_of(language)
    if meeting_url:
        return words.join.format(meeting_url)
    called = _number_in(booking.location, region)
    if called is None:
        place = phrase(booking.location, longest=LONGEST_PLACE)
        return words.place.format(place) if place else words.unknown
    return words.call_here if called == phone else words.call_there.format(readable(called))


def _number_in(location: str, region: str) -> str | None:
    """Returns the phone number that the location is; None for a place, whose name may have one."""
    number = read_number(location, region) if PHONE.fullmatch(location) else None
    return number.e164 if number else None
