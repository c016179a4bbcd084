"""The content of a meeting's messages: language, time zone and calendar file."""

from typing import Any

from icalendar import Calendar

from contracts.events.touch import Channel, Kind
from services.notify.content import Wording, appointment
from tests.builders import a_booking, a_card, a_touch


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


def test_an_invitation_is_a_calendar_file() -> None:
    invitation = appointment(a_booking(), business="Demo")
    assert invitation is not None
    [event] = Calendar.from_ical(invitation.content).walk("VEVENT")

    assert event.decoded("dtstart") == a_booking().starts_at
    assert event.decoded("dtend") == a_booking().ends_at
    assert appointment(a_booking(starts_at=None), business="Demo") is None
