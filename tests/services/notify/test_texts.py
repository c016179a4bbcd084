"""The texts people get, and the links in them."""

from urllib.parse import parse_qs, urlsplit

import pytest

from services.notify.links import booking_link, read_unsubscribe_token, unsubscribe_link
from services.notify.settings import TEMPLATES
from services.notify.templates import Templates, facts_for
from tests.builders import a_card

SECRET = "a secret"
FACTS = facts_for(
    a_card(name="Ana <b>Torres</b>"),
    booking_url="https://cal.com/x?a=1&b=2",
    unsubscribe_url="https://example.com/baja/1.x",
    business="Demo & Cía",
    contact="Av. Siempre Viva 1, Monterrey",
    advisor="Javier",
)


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
@pytest.mark.parametrize("name", ["call_unanswered", "booking_link"])
def test_a_message_names_the_link_and_the_way_out(templates: Templates, channel: str, name: str) -> None:
    text = templates.text(channel, name, FACTS)

    assert "https://cal.com/x?a=1&b=2" in text
    assert "BAJA" in text
    assert len(text) <= 1600


def test_a_subject_is_one_line_whatever_the_name(templates: Templates) -> None:
    assert "\n" not in templates.email("welcome", FACTS | {"first_name": "Ana\rBcc: x@example.com"}).subject
    assert "\r" not in templates.email("welcome", FACTS | {"first_name": "Ana\rBcc: x@example.com"}).subject


def test_the_booking_link_is_filled_in_and_signed() -> None:
    link = booking_link("https://cal.com/pauta/reunion?layout=week", 123456, a_card(name="Ana & Co"), SECRET)
    query = parse_qs(urlsplit(link).query)

    assert query["layout"] == ["week"]
    assert query["name"] == ["Ana & Co"]
    assert query["metadata[lead_id]"] == ["123456"]
    other = booking_link("https://cal.com/pauta/reunion", 123457, a_card(), SECRET)
    assert query["metadata[lead_token]"] != parse_qs(urlsplit(other).query)["metadata[lead_token]"]


def test_only_our_own_unsubscribe_links_count() -> None:
    token = unsubscribe_link("https://example.com", 7, SECRET).rpartition("/")[2]

    assert read_unsubscribe_token(token, SECRET) == 7
    assert read_unsubscribe_token(token.replace("7.", "8."), SECRET) is None
    assert read_unsubscribe_token(token, "another secret") is None
    assert read_unsubscribe_token("", SECRET) is None
    assert read_unsubscribe_token("٧.x", SECRET) is None
    assert read_unsubscribe_token("7.ñ", SECRET) is None
