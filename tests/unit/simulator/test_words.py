"""The page's texts in both languages."""

import re
from pathlib import Path
from typing import get_args

import pytest

from simulator import phone
from simulator.twilio import CallState, TextState
from simulator.words import ENGLISH, SPANISH

PAGE = phone.PAGES / "phone.html"
SCRIPT = phone.PAGES / "phone.js"


def test_both_languages_have_the_same_texts() -> None:
    assert SPANISH.keys() == ENGLISH.keys()
    assert {key: re.findall(r"{\w+}", text) for key, text in SPANISH.items()} == {
        key: re.findall(r"{\w+}", text) for key, text in ENGLISH.items()
    }
    assert all(SPANISH.values())
    assert all(ENGLISH.values())


@pytest.mark.parametrize("source", [PAGE, SCRIPT], ids=lambda path: path.name)
def test_every_text_that_is_used_exists(source: Path) -> None:
    used = set(re.findall(r"""(?:\bw\.|translate\(")(\w+)""", source.read_text()))

    assert used
    assert used <= SPANISH.keys()


def test_every_state_has_its_text() -> None:
    assert {
        *(f"call_{state}" for state in get_args(CallState)),
        *get_args(TextState),
    } <= SPANISH.keys()
