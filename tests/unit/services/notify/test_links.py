"""The signed links in a text."""

from urllib.parse import parse_qs, urlsplit

from services.notify.links import booking_link, read_unsubscribe_token, unsubscribe_link
from tests.builders import a_card

SECRET = "a secret"


def test_the_booking_link_is_filled_in_and_signed() -> None:
    link = booking_link(
        "https://cal.com/pauta/reunion?layout=week", 123456, a_card(name="Ana & Co"), SECRET
    )
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
