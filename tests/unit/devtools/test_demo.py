"""The demonstration's texts are in the language of `.env`."""

import re

import pytest

from devtools.demo.scenarios import SCENARIOS, Scenario
from devtools.demo.words import SPANISH, language_of, translate


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "es"),
        ({"PAUTA_LANGUAGE": ""}, "es"),
        ({"PAUTA_LANGUAGE": "es-MX"}, "es"),
        ({"PAUTA_LANGUAGE": "en"}, "en"),
    ],
)
def test_the_language_is_spanish_unless_english_is_chosen(
    variables: dict[str, str], language: str
) -> None:
    assert language_of(variables) == language


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_fate_has_a_text_in_both_languages(scenario: Scenario) -> None:
    assert translate(scenario.fate, "es") != scenario.fate
    assert translate(scenario.fate, "en") == scenario.fate


def test_a_line_has_the_same_gaps_in_both_languages() -> None:
    gaps = [
        (re.findall(r"{.*?}", english), re.findall(r"{.*?}", spanish))
        for english, spanish in SPANISH.items()
    ]

    assert [pair for pair in gaps if pair[0] != pair[1]] == []
