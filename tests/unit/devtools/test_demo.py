"""The demonstration's texts are in the language of `.env`."""

import re
from typing import get_args

import pytest

from devtools.demo.scenarios import DOORS, SCENARIOS, Scenario
from devtools.demo.words import SPANISH, language_of, translate
from simulator.sources.doors import Door


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


@pytest.mark.parametrize("scenario", [*SCENARIOS, *DOORS], ids=lambda scenario: scenario.name)
def test_every_fate_has_a_text_in_both_languages(scenario: Scenario) -> None:
    assert translate(scenario.fate, "es") != scenario.fate
    assert translate(scenario.fate, "en") == scenario.fate


def test_a_line_has_the_same_gaps_in_both_languages() -> None:
    gaps = [
        (re.findall(r"{.*?}", english), re.findall(r"{.*?}", spanish))
        for english, spanish in SPANISH.items()
    ]

    assert [pair for pair in gaps if pair[0] != pair[1]] == []


def test_somebody_comes_by_every_door() -> None:
    assert {scenario.door for scenario in DOORS} == set(get_args(Door))
    assert not any(scenario.door for scenario in SCENARIOS)


def test_nobody_shares_a_name_or_a_number() -> None:
    everybody = [*SCENARIOS, *DOORS]
    names = [scenario.name for scenario in everybody]
    numbers = [scenario.digits for scenario in everybody if scenario.digits]

    assert len(set(names)) == len(names)
    assert len(set(numbers)) == len(numbers)
