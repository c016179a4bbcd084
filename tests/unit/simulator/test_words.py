"""What the page says, in both languages."""

import re
from pathlib import Path
from typing import get_args

import pytest

from simulator import phone
from simulator.twilio import CallState, TextState
from simulator.words import ENGLISH, SPANISH

PAGE, SCRIPT = (phone.PAGES / name for name in ("phone.html", "phone.js"))


def test_both_languages_say_the_same_things() -> None:
    assert SPANISH.keys() == ENGLISH.keys()
    assert {key: re.findall(r"{\w+}", text) for key, text in SPANISH.items()} == {
        key: re.findall(r"{\w+}", text) for key, text in ENGLISH.items()
    }
    assert all(SPANISH.values())
    assert all(ENGLISH.values())


@pytest.mark.parametrize("source", [PAGE, SCRIPT], ids=lambda path: path.name)
def test_every_word_that_is_asked_for_is_there(source: Path) -> None:
    asked = set(re.findall(r"""(?:\bw\.|translate\(")(\w+)""", source.read_text()))

    assert asked
    assert asked <= SPANISH.keys()


def test_every_state_has_its_word() -> None:
    assert {
        *(f"call_{state}" for state in get_args(CallState)),
        *get_args(TextState),
    } <= SPANISH.keys()
