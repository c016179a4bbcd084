"""The language that a browser prefers."""

import pytest

from kit.languages import preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-US,en;q=0.9", "en"),
        ("fr", "es"),
        ("fr, en;q=0.5", "en"),
        ("en;q=0.5, es", "es"),
        ("en;q=nonsense", "es"),
    ],
)
def test_the_preferred_language(header: str, language: str) -> None:
    assert preferred(header, ("es", "en")) == language
