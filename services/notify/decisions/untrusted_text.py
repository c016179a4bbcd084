"""Decides which words of a form may be repeated: it proves nothing about its author. Pure."""

import re
import unicodedata
from itertools import takewhile

LONGEST_READ = 200  # characters of a name in which the first one is looked for
LONGEST_NAME = 30
LONGEST_PHRASE = 60
LONGEST_PLACE = 80
_BEFORE_SURNAMES = frozenset({"sr", "sra", "srta", "señor", "señora", "dr", "dra", "prof", "profa"})
_TITLES = _BEFORE_SURNAMES | {"don", "doña", "lic", "ing", "arq", "mtro", "mtra", "c", "cp"}
_SHORT_FORMS = {"ma": "María", "mª": "María", "fco": "Francisco", "gpe": "Guadalupe"}
_IN_NAMES = "'’.-"
_LINK = re.compile(r"//|\\\\|@|\bwww\.|\w\.[^\W\d_]{2}", re.IGNORECASE)
_MARKUP = re.compile(r"[<>{}\[\]|`*_~^\\=]")


def first_name(name: str) -> str:
    """Returns the name by which one would greet: without titles and initials, and written out.

    Empty where there is none: a title with a surname, or a word that is too long, a link, digits,
    markup.
    """
    words = name[:LONGEST_READ].split()
    titles = [_bare(word) for word in takewhile(lambda word: _bare(word) in _TITLES, words)]
    words = words[len(titles) :]
    if len(words) == 1 and _BEFORE_SURNAMES.intersection(titles):
        return ""
    while len(words) > 1 and _is_initial(words[0]):
        words = words[1:]
    if not words:
        return ""
    first, *others = words
    written_out = _SHORT_FORMS.get(_bare(first))
    if written_out is None:
        return _as_name(first)
    second = _as_name(others[0]) if others and written_out == "María" else ""
    return f"{written_out} {second}".strip()


def _bare(word: str) -> str:
    return word.replace(".", "").casefold()


def _is_initial(word: str) -> bool:
    bare = word.replace(".", "")
    return len(bare) == 1 and bare.upper() != bare.lower()


def _as_name(word: str) -> str:
    """Returns the word as names are written; empty where it is none."""
    letters = [char for char in word if unicodedata.category(char)[0] in "LM"]
    is_name = letters and all(
        char in _IN_NAMES or unicodedata.category(char)[0] in "LM" for char in word
    )
    if not is_name or len(word) > LONGEST_NAME or _LINK.search(word):
        return ""
    same_case = len(letters) > 1 and (word.isupper() or word.islower())
    return word.title() if same_case and word.isalpha() else word


def phrase(text: str | None, *, longest: int = LONGEST_PHRASE) -> str:
    """Returns a company, a service or a place as typed, without markup.

    Empty where it is too long or contains a link.
    """
    typed = text or ""
    plain = " ".join(_MARKUP.sub(" ", typed).split())
    has_link = _LINK.search(typed) or _LINK.search(plain)
    return "" if has_link or len(plain) > longest else plain
