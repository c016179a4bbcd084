"""The content of a meeting's messages: language, time zone and calendar file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from contracts.events.booking import Booking, Occurrence
from contracts.events.touch import Channel, Kind
from domain.sms import MOST_SEGMENTS, segments
from providers.twilio.content import template_variables
from services.notify.content import Organizer, Wording, appointments
from services.notify.senders import variables
from services.notify.settings import Settings
from services.notify.short_links import Target
from tests.builders import a_booking, a_card, a_touch
from tests.unit.services.notify.texts import TEMPLATES

WEEK = timedelta(weeks=1)
SMS = sorted((path.parts[-3], path.stem) for path in TEMPLATES.glob("*/sms/*.txt"))
LONG_LINKS = dict.fromkeys(Target, "https://citas.consultoria-inteligente.com.mx/a/abcdefgh")
NAMES = [
    pytest.param("Ana Torres", id="short"),
    pytest.param("María José Gutiérrez", id="accents"),
    pytest.param("Ñ" * 30, id="long"),
    pytest.param("Hermenegildíssimo-Maximiliáno", id="long with accents"),
    pytest.param("Мария Иванова", id="another alphabet"),
    pytest.param("", id="none"),
]
MEETINGS = [
    pytest.param({}, id="by a link"),
    pytest.param({"meeting_url": None, "location": "+525512345678"}, id="by phone"),
    pytest.param(
        {
            "meeting_url": None,
            "location": "Av. Constitución 411, piso 12, Centro, 64000 Monterrey, N.L.",
        },
        id="at a place",
    ),
    pytest.param(
        {"meeting_url": None, "location": "📍 Av. Constitución 411, 2° piso ✨, Monterrey, N.L."},
        id="at a place with signs",
    ),
    pytest.param({"meeting_url": None, "starts_at": None}, id="nothing known"),
]


def test_a_lead_reads_of_a_meeting_in_their_own_language_and_zone(wording: Wording) -> None:
    def text_about(**booking: Any) -> str:
        touch = a_touch(Channel.SMS, kind=Kind.MEETING, booking=a_booking(**booking))
        return wording.templates_for(touch).text(
            "sms", "confirmation", wording.facts(7, a_card(), touch)
        )

    assert "jueves 12 de febrero a las 11:00" in text_about()
    assert "hora de Monterrey" in text_about()
    assert "jueves 12 de febrero a las 9:00" in text_about(time_zone="America/Tijuana")
    assert "Thursday, February 12 at 11:00" in text_about(language="en")
    assert "jueves" in text_about(language="pt-BR"), (
        "the business's language, where the lead's has no texts"
    )
    assert "hora de" not in text_about(starts_at=None)


AT = datetime(2026, 2, 10, 16, tzinfo=UTC)
DEMO = Organizer("Demo", "hola@example.com")


def calendar_of(kind: Kind = Kind.MEETING, **booking: Any) -> Calendar:
    touch = a_touch(
        Channel.EMAIL, kind=kind, booking=a_booking(**booking), address="ana@example.com"
    )
    [invitation] = appointments(touch, DEMO, a_card(), AT)
    return Calendar.from_ical(invitation.content)


def test_an_invitation_is_a_calendar_file() -> None:
    calendar = calendar_of(ical_uid="abc@Cal.com", sequence=2)
    [event] = calendar.walk("VEVENT")

    assert calendar["method"] == "REQUEST"
    assert event.decoded("dtstart") == a_booking().starts_at
    assert event.decoded("dtend") == a_booking().ends_at
    assert event.decoded("dtstamp") == AT
    assert (event["uid"], event["sequence"], event["status"]) == ("abc@Cal.com", 2, "CONFIRMED")
    assert event["organizer"] == "mailto:hola@example.com"
    assert event["attendee"] == "mailto:ana@example.com"
    assert event["location"] == a_booking().meeting_url
    assert not calendar.walk("VTIMEZONE")


def test_a_cancellation_takes_the_same_appointment_off_the_calendar() -> None:
    calendar = calendar_of(Kind.CANCELLATION, ical_uid="abc@Cal.com", sequence=2)
    [event] = calendar.walk("VEVENT")

    assert calendar["method"] == "CANCEL"
    assert (event["uid"], event["sequence"], event["status"]) == ("abc@Cal.com", 3, "CANCELLED")


def test_without_the_calendars_own_uid_the_booking_names_the_appointment() -> None:
    [event] = calendar_of().walk("VEVENT")

    assert event["uid"] == f"{a_booking().uid}@pauta"


def test_a_meeting_at_an_address() -> None:
    [event] = calendar_of(meeting_url=None, location="Av. Juárez 5, Monterrey").walk("VEVENT")

    assert event["location"] == "Av. Juárez 5, Monterrey"
    assert "url" not in event


@pytest.mark.parametrize(
    ("kind", "changes"),
    [(Kind.MEETING, {"starts_at": None}), (Kind.AFTER_MEETING, {}), (Kind.FOLLOW_UP, {})],
)
def test_what_has_no_invitation(kind: Kind, changes: dict[str, Any]) -> None:
    touch = a_touch(Channel.EMAIL, kind=kind, booking=a_booking(**changes))

    assert appointments(touch, DEMO, a_card(), AT) == ()


def test_a_series_has_an_invitation_for_each_date_and_lists_them_all(wording: Wording) -> None:
    meetings = tuple(
        Occurrence(
            uid=f"n{day}",
            starts_at=datetime(2026, 2, day, 17, tzinfo=UTC),
            ends_at=datetime(2026, 2, day, 18, tzinfo=UTC),
        )
        for day in (12, 19)
    )
    touch = a_touch(Channel.EMAIL, kind=Kind.MEETING, booking=a_booking(series=meetings))
    files = appointments(touch, DEMO, a_card(), AT)

    assert [file.name for file in files] == ["reunion-1.ics", "reunion-2.ics"]
    uids = [Calendar.from_ical(file.content).walk("VEVENT")[0]["uid"] for file in files]
    assert uids == ["n12@pauta", "n19@pauta"]
    when = wording.facts(7, a_card(), touch)["meeting_when"]
    assert when.startswith("jueves 12 de febrero a las 11:00")
    assert "y jueves 19 de febrero a las 11:00" in when


def test_cancelled_dates_of_a_series_are_each_taken_off_the_calendar() -> None:
    starts_at = datetime(2026, 2, 19, 17, tzinfo=UTC)
    meeting = Occurrence(
        uid="n19", starts_at=starts_at, ends_at=starts_at, ical_uid="c@Cal.com", sequence=1
    )
    [event] = calendar_of(Kind.CANCELLATION, uid="n19", series=(meeting,)).walk("VEVENT")

    assert (event["uid"], event["sequence"]) == ("c@Cal.com", 2)
    assert event.decoded("dtstart") == starts_at


def test_a_text_that_is_missing_is_replaced_by_the_one_it_varies(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "es-MX" / "whatsapp"
    folder.mkdir(parents=True)
    (folder / "welcome.txt").write_text("Hola, {{ first_name }}")
    own = Wording(settings.model_copy(update={"templates_path": tmp_path}))
    touch = a_touch(Channel.WHATSAPP, template="welcome_no_call")

    assert own.template_of(touch) == "welcome"
    assert own.render(touch, a_card()).text == "Hola, Ana"


def test_a_variant_that_exists_is_used(wording: Wording) -> None:
    touch = a_touch(Channel.WHATSAPP, template="welcome_no_call")

    assert wording.template_of(touch) == "welcome_no_call"


@pytest.mark.parametrize("booking", MEETINGS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("language", "template"), SMS)
def test_an_sms_takes_two_segments_at_most(
    settings: Settings, language: str, template: str, name: str, booking: dict[str, Any]
) -> None:
    long = settings.model_copy(
        update={
            "business_name": "Consultoría Integral en Inteligencia Artificial del Norte",
            "advisor_name": "José Sebastián",
        }
    )
    touch = a_touch(
        Channel.SMS,
        template=template,
        kind=Kind.MEETING if template in ("confirmation", "reminder") else Kind.FOLLOW_UP,
        booking=a_booking(
            time_zone="America/Mexico_City",
            language=language,
            **{"starts_at": datetime(2026, 9, 23, 19, tzinfo=UTC), **booking},
        ),
    )
    text = Wording(long).render(touch, a_card(name=name), links=LONG_LINKS).text
    found = segments(text)
    print(f"{found.count} ({found.units} units): {text}")  # noqa: T201 - with -s

    assert found.count <= MOST_SEGMENTS
    assert found.odd == "", "GSM-7 costs half as much"


@pytest.mark.parametrize(
    ("channel", "template", "kind", "targets"),
    [
        (Channel.SMS, "day_3", Kind.FOLLOW_UP, [Target.BOOKING]),
        (Channel.WHATSAPP, "day_3", Kind.FOLLOW_UP, [Target.BOOKING]),
        (Channel.SMS, "reminder", Kind.MEETING, [Target.MEETING]),
        (Channel.WHATSAPP, "reminder", Kind.MEETING, []),
        (Channel.EMAIL, "welcome", Kind.FIRST_CONTACT, []),
        (Channel.CALL, "welcome", Kind.FIRST_CONTACT, []),
    ],
)
def test_the_links_that_are_short(
    wording: Wording, channel: Channel, template: str, kind: Kind, targets: list[Target]
) -> None:
    touch = a_touch(channel, template=template, kind=kind, booking=a_booking())

    assert wording.linked(touch, a_card()) == targets
    if targets:
        links = dict.fromkeys(targets, "https://h/a/abcdefgh")
        assert "https://h/a/abcdefgh" in wording.render(touch, a_card(), links=links).text


def test_whatsapp_shortens_a_meetings_own_link_that_it_has_no_room_for(wording: Wording) -> None:
    link = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_" + "Nz" * 300
    touch = a_touch(
        Channel.WHATSAPP,
        template="reminder",
        kind=Kind.MEETING,
        booking=a_booking(meeting_url=link),
    )

    assert wording.linked(touch, a_card()) == [Target.MEETING]
    facts = wording.facts(7, a_card(), touch, links={Target.MEETING: "https://h/a/abcdefgh"})
    assert facts["meeting_how"] == "entra en https://h/a/abcdefgh"


@pytest.mark.parametrize("language", ["es-MX", "en"])
def test_the_dates_of_a_long_series_fit_a_whatsapp_template(
    wording: Wording, language: str
) -> None:
    start = datetime(2026, 9, 2, 17, tzinfo=UTC)
    meetings = tuple(
        Occurrence(uid=f"n{week}", starts_at=start + week * WEEK, ends_at=start + week * WEEK)
        for week in range(12)
    )
    booking = a_booking(series=meetings, language=language, time_zone="America/Argentina/Cordoba")
    touch = a_touch(Channel.WHATSAPP, template="confirmation", kind=Kind.MEETING, booking=booking)
    values = variables(wording.facts(7, a_card(), touch), touch)

    assert template_variables(values)["2"] == " ".join(values["2"].split())
    assert ("fechas más (hora de" in values["2"]) or ("more dates (" in values["2"])


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize(
    ("other", "invites"),
    [
        pytest.param(a_booking("other"), False, id="another one stands"),
        pytest.param(a_booking("other", starts_at=None), False, id="its time is unknown"),
        pytest.param(None, True, id="no other"),
    ],
)
def test_who_has_another_meeting_is_not_invited_after_a_cancellation(
    wording: Wording, other: Booking | None, invites: bool, language: str
) -> None:
    cancelled = a_booking(starts_at=datetime(2026, 3, 3, 17, tzinfo=UTC), language=language)
    touch = a_touch(
        Channel.EMAIL, template="cancellation", kind=Kind.CANCELLATION, booking=cancelled
    )
    mail = wording.render(replace(touch, other_booking=other), a_card())
    link = wording.destination(Target.BOOKING, touch, a_card())
    is_named = other is not None and other.starts_at is not None

    for part in (mail.text, unescape(mail.html)):
        assert (link in part) == invites
        assert ("febrero" in part or "February" in part) == is_named


def test_a_short_link_leads_where_the_long_one_does(wording: Wording, settings: Settings) -> None:
    touch = a_touch(Channel.SMS, template="day_3", booking=a_booking())
    booking = wording.destination(Target.BOOKING, touch, a_card())

    assert booking.startswith(settings.booking_url.partition("?")[0])
    assert "metadata" in booking
    assert wording.destination(Target.MEETING, touch, a_card()) == a_booking().meeting_url
    assert wording.destination(Target.RESOURCE, touch, a_card()) == ""
