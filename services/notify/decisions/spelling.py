"""Corrects the words that decide what a reply asks for, where they are misspelt.

Words that sound alike are the same word: `vaja`, `yamen`, `kiten`. In a longer word one letter may
be missing, or one consonant wrong. A wrong vowel makes another word: `no me llaman` reports what
`no me llamen` asks for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import OSA

SHORTEST = 4  # letters of a word that is corrected
LONG = 6  # letters of a word that is recognised with one letter wrong
ENDING = 2  # letters
_SOUNDS = (
    (re.compile("ch"), "x"),
    (re.compile("qu(?=[ei])|[cq](?![ei])"), "k"),
    (re.compile("c|z"), "s"),
    (re.compile("gu(?=[ei])"), "g"),
    (re.compile("g(?=[ei])"), "j"),
    (re.compile("ll"), "y"),
    (re.compile("v"), "b"),
    (re.compile("n(?=b)"), "m"),
    (re.compile("h"), ""),
    (re.compile(r"(.)\1++"), r"\1"),
)
_CONSONANTS = re.compile("[^aeiou]")


@dataclass(frozen=True)
class Spelling:
    """The words that are recognised where they are misspelt.

    `ordinary` are words that are right although they look like one of `words`. `joined` are words
    that people write together with one of them (`nomellamen`), and how they are written apart.
    """

    words: frozenset[str]
    ordinary: frozenset[str]
    joined: Mapping[str, str]

    def correct(self, word: str) -> str:
        """Returns the word as it is meant: of `words`, with a word before it, or itself."""
        if len(word) < SHORTEST or word in self.words or word in self.ordinary:
            return word
        if alike := self._alike(word):
            return alike
        for prefix, apart in self.joined.items():
            rest = self._by_sound.get(sound(word.removeprefix(prefix)))
            if word.startswith(prefix) and rest:
                return f"{apart} {rest}"
        return word

    def _alike(self, word: str) -> str | None:
        if same := self._by_sound.get(sound(word)):
            return same
        for known in sorted(self.words):
            if len(known) >= LONG and _has_one_slip(word, known):
                return known
        return None

    @cached_property
    def _by_sound(self) -> dict[str, str]:
        return {sound(word): word for word in sorted(self.words) if len(word) >= SHORTEST}


def sound(word: str) -> str:
    """Returns how a word without accents sounds, so that those that sound alike are equal."""
    for letters, sounds in _SOUNDS:
        word = letters.sub(sounds, word)
    return word


def _has_one_slip(word: str, known: str) -> bool:
    """Returns whether one letter is missing in the word, or one consonant wrong or too many.

    The ending must be right, because it makes the form: `llaman`, `llamar`, `llamas`.
    """
    if word[0] != known[0] or word[-ENDING:] != known[-ENDING:]:
        return False
    if OSA.distance(word, known, score_cutoff=1) > 1:
        return False
    return len(word) < len(known) or _CONSONANTS.sub("", word) == _CONSONANTS.sub("", known)
