"""Decides which words of a form may be repeated: it proves nothing about its author. Pure."""

import re
import unicodedata

LONGEST_NAME = 30
LONGEST_PHRASE = 60
LONGEST_PLACE = 80
_IN_NAMES = "'’.-"
_LINK = re.compile(r"//|\\\\|@|\bwww\.|\w\.[^\W\d_]{2}", re.IGNORECASE)
_MARKUP = re.compile(r"[<>{}\[\]|`*_~^\\=]")


def first_name(name: str) -> str:
    """Returns the first word of a name.

    Empty where the word is no name: too long, a link, digits, markup.
    """
    word = next(iter(name.split()), "")
    letters = [char for char in word if unicodedata.category(char)[0] in "LM"]
    is_name = letters and all(
        char in _IN_NAMES or unicodedata.category(char)[0] in "LM" for char in word
    )
    return word if is_name and len(word) <= LONGEST_NAME and not _LINK.search(word) else ""


def phrase(text: str | None, *, longest: int = LONGEST_PHRASE) -> str:
    """Returns a company, a service or a place as typed, without markup.

    Empty where it is too long or contains a link.
    """
    typed = text or ""
    plain = " ".join(_MARKUP.sub(" ", typed).split())
    has_link = _LINK.search(typed) or _LINK.search(plain)
    return "" if has_link or len(plain) > longest else plain
