"""Text typed by strangers appears in our messages only if it is a plausible name or phrase."""

import os
import time
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from icalendar import Calendar

from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, Kind
from pauta.running.compose_file import read_recipes
from services.notify.content import Organizer, Wording, appointments
from services.notify.decisions.untrusted_text import first_name, phrase
from services.notify.settings import Settings
from tests.builders import a_booking, a_card, a_touch

LINKS = (
    "https://evil.example/win",
    "HTTP://evil.example",
    "evil.example",
    "www.evil",
    "//evil",
    "\\\\evil\\x",
    "ana@evil.example",
    "gana-ya.mx",
)
MARKUP = ("<b>Ana</b>", "<script>", "{{7*7}}", "[Ana](x)", "`Ana`", "*Ana*", "Ana=1")
NO_NAMES = [(text, "") for text in LINKS + MARKUP]
NO_PHRASES = [(f"Consultoría {link} hoy", "") for link in LINKS]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ana Torres", "Ana"),
        ("  José  María", "José"),
        ("María-José", "María-José"),
        ("D'Angelo", "D'Angelo"),
        ("Ma. Fernanda", "María Fernanda"),
        ("MA GUADALUPE LÓPEZ", "María Guadalupe"),
        ("Ma. del Carmen", "María Del"),
        ("Fco. Javier", "Francisco"),
        ("J. Antonio Ruiz", "Antonio"),
        ("J.", "J."),
        ("Lic. Ana Ruiz", "Ana"),
        ("Ing. Luis", "Luis"),
        ("Dra. Rosa Gil", "Rosa"),
        ("Sr. Pérez", ""),
        ("Sra.", ""),
        ("MARÍA JOSÉ", "María"),
        ("ana torres", "Ana"),
        ("McAllister", "McAllister"),
        ("🎉 Ana", ""),
        ("Ñusta", "Ñusta"),
        ("李 雷", "李"),
        ("O’Neill", "O’Neill"),
        ("", ""),
        ("...", ""),
        ("12345 Ana", ""),
        ("+5255", ""),
        ("A" * 31, ""),
        *NO_NAMES,
    ],
)
def test_a_first_name(name: str, first: str) -> None:
    assert first_name(name) == first


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Consultoría IA/ML", "Consultoría IA/ML"),
        ("Demo S.A. de C.V.", "Demo S.A. de C.V."),
        ("Café & Cía, 24 h", "Café & Cía, 24 h"),
        ("*Gratis* <b>hoy</b>", "Gratis b hoy /b"),
        (None, ""),
        ("a" * 61, ""),
        *NO_PHRASES,
    ],
)
def test_a_phrase(text: str | None, cleaned: str) -> None:
    assert phrase(text) == cleaned


@pytest.mark.parametrize(
    "hostile", [*LINKS, *MARKUP, "Ana\r\nBcc: x@evil.example", "Ana\u2028.evil.example"]
)
@pytest.mark.parametrize("template", ["welcome", "day_6", "day_9", "confirmation", "after_meeting"])
def test_no_mail_has_a_strangers_link_or_markup_in_its_subject_or_words(
    hostile: str, template: str
) -> None:
    with patch.dict(os.environ, read_recipes({})["notify"].environment, clear=True):
        wording = Wording(Settings())
    card = LeadCard(name=hostile, email="ana@example.com", company=hostile, service=hostile)
    touch = a_touch(Channel.EMAIL, template=template, booking=a_booking(title=hostile))
    mail = wording.render(touch, card)

    assert mail.subject.strip()
    assert "\n" not in mail.subject
    for text in (mail.subject, mail.text, mail.html):
        for trace in ("evil", "<script", "{{7", "[Ana]", "<b>Ana", "gana-ya"):
            assert trace not in text.replace("name=", ""), (trace, text)


def test_without_a_name_there_is_still_a_greeting() -> None:
    with patch.dict(os.environ, read_recipes({})["notify"].environment, clear=True):
        wording = Wording(Settings())
    mail = wording.render(
        a_touch(Channel.EMAIL, template="welcome"), LeadCard(name="https://evil.example/win")
    )

    assert mail.subject == "Buen día, ¿cuándo conversamos?"
    assert mail.text.startswith("Hola, buen día:")


def test_a_meeting_s_title_adds_nothing_to_its_calendar_file() -> None:
    booking = a_booking(
        title="Reunión\r\nATTENDEE:mailto:x@evil.example\r\nEND:VEVENT\r\nBEGIN:VEVENT"
    )
    touch = a_touch(Channel.EMAIL, kind=Kind.MEETING, booking=booking, address="ana@example.com")
    demo = Organizer("Demo", "hola@example.com")
    [file] = appointments(touch, demo, a_card(), datetime.now(UTC))
    [entry] = Calendar.from_ical(file.content).walk("VEVENT")

    assert entry["attendee"] == "mailto:ana@example.com"


def test_a_megabyte_costs_no_more_than_its_length() -> None:
    took = []
    for size in (64_000, 1_000_000):
        began = time.perf_counter()
        for unit in ("a", "a.", "//", "@", "1.a", "<", " a"):
            phrase(unit * (size // len(unit)))
            first_name(unit * (size // len(unit)))
        took.append(time.perf_counter() - began)
    assert took[1] <= 40 * took[0] + 0.05


def test_the_longest_name_and_the_longest_phrase_are_allowed() -> None:
    assert first_name("A" + "a" * 29) == "A" + "a" * 29
    assert phrase("a" * 60) == "a" * 60
