"""Which misspelt words are recognised, and which words are left as they are."""

import pytest

from services.notify.decisions.spelling import Spelling, sound

SPELLING = Spelling(
    words=frozenset({"baja", "llamen", "quiten", "escriban", "mensajes", "mensaje"}),
    ordinary=frozenset({"quien"}),
    joined={"nome": "no me", "de": "de"},
)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("vaja", "baja"),
        ("bajja", "baja"),
        ("yamen", "llamen"),
        ("kiten", "quiten"),
        ("mensages", "mensajes"),
        ("ecriban", "escriban"),  # a letter is missing
        ("escrigan", "escriban"),  # a consonant is wrong
        ("mensaje", "mensaje"),  # is a key word itself
        ("nomellamen", "no me llamen"),
        ("nomeyamen", "no me llamen"),
        ("devaja", "de baja"),
    ],
)
def test_a_misspelt_word(word: str, meant: str) -> None:
    assert SPELLING.correct(word) == meant


@pytest.mark.parametrize("word", ["llaman", "llame", "quien", "escriben", "masajes", "caja", "ba"])
def test_another_word_is_left_as_it_is(word: str) -> None:
    assert SPELLING.correct(word) == word


def test_words_that_sound_alike() -> None:
    assert sound("vaya") == sound("baya") == sound("balla")
    assert sound("hablen") == sound("ablen")
    assert sound("zenar") == sound("cenar")
    assert sound("carro") != sound("cerro")
