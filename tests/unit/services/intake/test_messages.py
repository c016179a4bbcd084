"""The language of intake's messages."""

import pytest

from services.intake.messages import ENGLISH, SPANISH, language


@pytest.mark.parametrize(
    ("header", "messages"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", SPANISH),
        ("en-US,en;q=0.9", ENGLISH),
        ("fr", SPANISH),
    ],
)
def test_the_language_asked_for(header: str, messages: object) -> None:
    assert language(header) is messages


def test_every_message_has_both_languages() -> None:
    assert SPANISH.keys() == ENGLISH.keys()
    assert all(SPANISH[key].count("{") == ENGLISH[key].count("{") for key in SPANISH)
