"""The shipped templates: every text is complete, escaped, and names the link and the opt-out."""

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


def test_a_subject_is_one_line_whatever_the_name(templates: Templates) -> None:
    assert (
        "\n"
        not in templates.email("welcome", FACTS | {"first_name": "Ana\rBcc: x@example.com"}).subject
    )
    assert (
        "\r"
        not in templates.email("welcome", FACTS | {"first_name": "Ana\rBcc: x@example.com"}).subject
    )
