"""The shipped templates: every text is complete, escaped, and names the link and the opt-out."""

import re

import pytest

from contracts.events.touch import Channel
from services.notify.templates import Templates
from tests.unit.services.notify.texts import FACTS, KNOWN, TEMPLATES


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
@pytest.mark.parametrize("name", ["welcome", "welcome_no_call", "booking_link", "day_3", "day_12"])
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


def test_a_subject_is_one_line_whatever_the_name(templates: Templates) -> None:
    assert (
        "\n"
        not in templates.email("welcome", FACTS | {"first_name": "Ana\rBcc: x@example.com"}).subject
    )
    assert (
        "\r"
        not in templates.email("welcome", FACTS | {"first_name": "Ana\rBcc: x@example.com"}).subject
    )


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_only_after_a_call_does_a_message_speak_of_one(templates: Templates, channel: str) -> None:
    called = templates.text(channel, "welcome", FACTS).lower()
    not_called = templates.text(channel, "welcome_no_call", FACTS).lower()

    assert "llam" in called
    assert "acabo de" not in called, "it may leave hours after the call"
    assert not re.search(r"te (acabo|llam|marqu)", not_called)


def test_the_voice_says_just_now_only_when_it_is_true(templates: Templates) -> None:
    fresh = templates.text("voice", "welcome", FACTS | {"just_now": "yes"})
    later = templates.text("voice", "welcome", FACTS | {"just_now": ""})

    assert "acabas de llenar" in fresh
    assert "acabas de llenar" not in later
    assert "formulario" in later


@pytest.mark.parametrize("name", ["confirmation", "already_booked"])
def test_an_email_of_a_meeting_without_a_link_says_how_they_meet(
    templates: Templates, name: str
) -> None:
    way = {"meeting_how": "nos vemos en Av. Juárez 7"}
    without = templates.email(name, FACTS | way | {"meeting_url": ""})
    linked = templates.email(name, FACTS | way)

    for part in (without.text, without.html):
        assert "Para la reunión: nos vemos en Av. Juárez 7." in part
    for part in (linked.text, linked.html):
        assert "Av. Juárez 7" not in part
        assert FACTS["meeting_url"] in part
