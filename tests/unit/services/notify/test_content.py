"""The content of a meeting's messages: language, time zone and calendar file."""

from typing import Any

from icalendar import Calendar

from contracts.events.touch import Channel, Kind
from domain.journey.parser import templates_in
from domain.receipts import Answered, Receipt, Unheard
from pauta.running.compose_file import read_recipes
from providers.twilio.twiml import greet
from services.notify.content import Wording, appointment
from services.notify.examples import example
from services.notify.links import booking_link, read_unsubscribe_token, unsubscribe_link
from services.notify.senders import PLACES, variables
from services.notify.settings import Settings
from services.notify.speech import speech_for
from services.notify.templates import Templates
from tests.builders import a_booking, a_card, a_touch

SECRET = "a secret"
TEMPLATES = Path(__file__).parents[4] / "deploy" / "templates"
FACTS = {
    **{
        "name": "Ana <b>Torres</b>",
        "first_name": "Ana",
        "company": "Demo SA",
        "service": "Consultoría IA",
    },
    **{
        "booking_url": "https://cal.com/x?a=1&b=2",
        "unsubscribe_url": "https://example.com/baja/1.x",
    },
    **{"business": "Demo & Cía", "contact": "Av. Siempre Viva 1, Monterrey", "advisor": "Javier"},
    **{"resource_url": "", "survey_url": "", "material_url": ""},
    **{
        "meeting_when": "jueves 12 de febrero a las 11:00 a.m.",
        "meeting_url": "https://v.example.com/1",
    },
    "meeting_title": "Asesoría",
}
KNOWN = templates_in(TEMPLATES, "es-MX")


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(TEMPLATES, "es-MX")


def test_the_welcome_email(templates: Templates) -> None:
    email = templates.email("welcome", FACTS | {"first_name": "<b>Ana</b>"})

    assert email.subject == "<b>Ana</b>, ¿cuándo conversamos?"
    assert "&lt;b&gt;Ana&lt;/b&gt;" in email.html
    assert "<b>Ana" not in email.html
    assert 'href="https://cal.com/x?a=1&amp;b=2"' in email.html
    assert "https://cal.com/x?a=1&b=2" in email.text
    assert "https://example.com/baja/1.x" in email.html
    assert "https://example.com/baja/1.x" in email.text
    assert "Monterrey" in email.html


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
@pytest.mark.parametrize("name", ["welcome", "booking_link", "day_3", "day_12"])
def test_a_message_names_the_link_and_the_way_out(
    templates: Templates, channel: str, name: str
) -> None:
    text = templates.text(channel, name, FACTS)

    assert "https://cal.com/x?a=1&b=2" in text
    assert "BAJA" in text
    assert len(text) <= 1600


@pytest.mark.parametrize("empty", [False, True], ids=["everything known", "nothing optional known"])
@pytest.mark.parametrize("name", sorted(KNOWN[Channel.EMAIL]))
def test_every_email_is_whole(templates: Templates, name: str, empty: bool) -> None:
    optional = (
        "company",
        "service",
        "contact",
        "resource_url",
        "survey_url",
        "material_url",
        "meeting_when",
        "meeting_url",
    )
    filled = (
        dict.fromkeys(optional, "")
        if empty
        else dict.fromkeys(optional, "https://example.com/algo")
    )
    email = templates.email(name, FACTS | filled)

    assert email.subject
    for part in (email.html, email.text):
        assert "Ana" in part
        assert "https://example.com/baja/1.x" in part, "the way out"
        assert "{%" not in part
        assert 'href=""' not in part
    for url in ("resource_url", "survey_url", "material_url", "meeting_url"):
        if f"{{{{ {url} }}}}" in (TEMPLATES / "es-MX" / "email" / f"{name}.mjml").read_text():
            assert empty or filled[url] in email.html


@pytest.fixture(scope="module")
def settings() -> Settings:
    environment = dict(read_recipes({})["notify"].environment) | {"TEMPLATES_PATH": str(TEMPLATES)}
    with patch.dict(os.environ, environment, clear=True):
        return Settings()


@pytest.fixture(scope="module")
def wording(settings: Settings) -> Wording:
    return Wording(settings)


@pytest.mark.parametrize("channel", Channel)
def test_every_text_has_its_example(wording: Wording, settings: Settings, channel: Channel) -> None:
    for name in KNOWN[channel]:
        text = example(wording, settings, channel, name)
        assert text.text
        assert bool(text.html) is bool(text.subject) is (channel is Channel.EMAIL)


@pytest.mark.parametrize(
    ("channel", "name"), [(Channel.EMAIL, "day_3"), (Channel.SMS, "../sms/day_3")]
)
def test_a_text_that_there_is_not(
    wording: Wording, settings: Settings, channel: Channel, name: str
) -> None:
    with pytest.raises(LookupError):
        example(wording, settings, channel, name)


@pytest.mark.parametrize(
    ("receipt", "said"),
    [
        pytest.param(Answered("CA1"), "welcome", id="a person"),
        pytest.param(None, "welcome", id="nobody knows"),
        pytest.param(Unheard("CA1", Unanswered.VOICEMAIL), "welcome_voicemail", id="a machine"),
    ],
)
def test_the_voice_says_what_is_kept(
    receipt: Receipt | None, said: str, templates: Templates, settings: Settings
) -> None:
    speech = speech_for(receipt, "welcome", FACTS, settings=settings, templates=templates)
    twiml = greet(receipt, speech, voice=settings.voice_name, key_url="https://example.com/key")

    assert speech.transcript == templates.text("voice", said, FACTS)
    assert html.escape(speech.transcript, quote=False) in twiml


def test_a_fax_is_told_nothing(templates: Templates, settings: Settings) -> None:
    fax = Unheard("CA1", Unanswered.FAX)

    assert (
        speech_for(fax, "welcome", FACTS, settings=settings, templates=templates).transcript == ""
    )


def test_a_recording_is_kept_by_its_address(templates: Templates, settings: Settings) -> None:
    recorded = settings.model_copy(update={"voice_welcome_url": "https://example.com/hola.mp3"})
    speech = speech_for(None, "welcome", FACTS, settings=recorded, templates=templates)

    assert speech.transcript == "https://example.com/hola.mp3"
    assert "<Play>https://example.com/hola.mp3</Play>" in greet(
        None, speech, voice=recorded.voice_name, key_url=""
    )


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
