"""The approved templates of WhatsApp: their variables, and one language for both."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from contracts.events.touch import Channel, Kind
from providers.twilio.client import TwilioClient
from services.notify.content import Wording
from services.notify.senders import PLACES, MessageSender, variables
from services.notify.settings import Settings
from services.notify.short_links import Target
from services.notify.templates import Rendered
from tests.builders import a_booking, a_card, a_touch

SERVICE = "MG" + "0" * 32
SPANISH, ENGLISH = "HXes", "HXen"


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (Kind.FOLLOW_UP, {"1": "{{1}}", "2": "{{2}}"}),
        (Kind.MEETING, {"1": "{{1}}", "2": "{{2}}", "3": "{{3}}"}),
    ],
)
def test_each_value_is_sent_as_the_number_that_it_is_compared_by(
    kind: Kind, sent: dict[str, str]
) -> None:
    assert variables(PLACES, a_touch(Channel.WHATSAPP, kind=kind)) == sent


def a_sender(
    wording: Wording, settings: Settings, channel: Channel = Channel.WHATSAPP, **twilio: Any
) -> tuple[MessageSender, list[dict[str, Any]]]:
    """Returns a sender, and the list of what it sends."""
    sent: list[dict[str, Any]] = []

    async def send_message(**message: Any) -> str:
        sent.append(message)
        return "SM1"

    own = settings.model_copy(update={"twilio": settings.twilio.model_copy(update=twilio)})
    client = cast("TwilioClient", SimpleNamespace(send_message=send_message))
    return MessageSender(client, own, wording, channel), sent


def about(
    wording: Wording, settings: Settings, sids: str, *, template: str, **booking: Any
) -> Rendered:
    """Returns the WhatsApp about a meeting."""
    sender, _ = a_sender(wording, settings, content_sids=sids)
    touch = a_touch(
        Channel.WHATSAPP, kind=Kind.MEETING, template=template, booking=a_booking(**booking)
    )
    return sender.render(touch, a_card())


@pytest.mark.parametrize(
    ("sids", "language", "sid", "when", "kept"),
    [
        pytest.param(
            f"confirmation={SPANISH}", "en", SPANISH, "el jueves", "quedó agendada", id="no English"
        ),
        pytest.param(
            f"confirmation={SPANISH},confirmation.en={ENGLISH}",
            "en",
            ENGLISH,
            "Thursday",
            "is booked for Thursday",
            id="English",
        ),
        pytest.param(
            f"confirmation={SPANISH},confirmation.en={ENGLISH}",
            "es",
            SPANISH,
            "el jueves",
            "quedó agendada para el jueves",
            id="Spanish",
        ),
        pytest.param("welcome=HXw", "en", None, None, "is booked for Thursday", id="no template"),
    ],
)
def test_the_template_its_values_and_what_is_kept_have_one_language(
    wording: Wording,
    settings: Settings,
    sids: str,
    language: str,
    sid: str | None,
    when: str | None,
    kept: str,
) -> None:
    text = about(wording, settings, sids, template="confirmation", language=language)

    assert text.content_sid == sid
    assert text.variables.get("2", "").startswith(when or "")
    assert kept in text.text


@pytest.mark.parametrize("template", ["confirmation", "reminder"])
@pytest.mark.parametrize(
    ("booking", "when", "how"),
    [
        pytest.param({"starts_at": None}, "la hora que elegiste", "entra en", id="no time"),
        pytest.param(
            {"meeting_url": None, "location": "+528112345678"},
            "el jueves",
            "te llamaremos a este número",
            id="by phone",
        ),
        pytest.param(
            {"meeting_url": None, "location": "Av. Juárez 7"},
            "el jueves",
            "nos vemos en Av. Juárez 7",
            id="in person",
        ),
        pytest.param(
            {"starts_at": None, "meeting_url": None},
            "la hora que elegiste",
            "los datos están en el correo que te envió el calendario",
            id="nothing known",
        ),
    ],
)
def test_a_meeting_reads_as_a_person_would_say_it(
    wording: Wording,
    settings: Settings,
    template: str,
    booking: dict[str, Any],
    when: str,
    how: str,
) -> None:
    text = about(wording, settings, f"{template}={SPANISH}", template=template, **booking)

    assert text.variables["2"].startswith(when)
    assert text.variables["3"].startswith(how)
    assert how in text.text
    assert "para el la hora" not in text.text
    for part in (text.text, *text.variables.values()):
        assert settings.booking_url not in part, "nobody books a second time by mistake"


@pytest.mark.parametrize(
    ("channel", "sender", "from_"),
    [
        (Channel.SMS, "+525500000000", "+525500000000"),
        (Channel.SMS, SERVICE, SERVICE),
        (Channel.WHATSAPP, "+14155238886", "whatsapp:+14155238886"),
        (Channel.WHATSAPP, "whatsapp:+14155238886", "whatsapp:+14155238886"),
        (Channel.WHATSAPP, SERVICE, SERVICE),
    ],
)
async def test_a_sender_is_a_number_or_a_messaging_service(
    wording: Wording, settings: Settings, channel: Channel, sender: str, from_: str
) -> None:
    own = {"sms_sender": sender, "whatsapp_sender": sender}
    messages, sent = a_sender(wording, settings, channel, **own)
    touch = a_touch(channel)
    await messages.send(touch, "+528112345678", a_card(), messages.render(touch, a_card()))

    [message] = sent
    assert message["from_"] == from_
    assert message["to"].startswith("whatsapp:") == (channel is Channel.WHATSAPP)


async def test_a_template_carries_the_short_link(wording: Wording, settings: Settings) -> None:
    messages, sent = a_sender(wording, settings)
    touch = a_touch(Channel.WHATSAPP)
    text = messages.render(touch, a_card(), {Target.BOOKING: "https://h/a/abcdefgh"})
    await messages.send(touch, "+528112345678", a_card(), text)

    [message] = sent
    assert message["content_sid"]
    assert message["variables"]["2"] == "https://h/a/abcdefgh"
    assert "https://h/a/abcdefgh" in text.text
