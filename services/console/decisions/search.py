"""Turns the text of a search into patterns that an index can answer. Pure: no database."""

import re
from dataclasses import dataclass

ACCENTS = "ÁÉÍÓÚÜÑáéíóúüñ"
PLAIN = "aeiouunaeiouun"
TO_PLAIN = str.maketrans(ACCENTS, PLAIN)
WRITTEN_NUMBER = re.compile(r"[#+]?[0-9 ().-]+")
AROUND = ",;:()\"'"  # between a surname and a name, or around an address
MIN_INNER = 3  # letters that a pattern from the middle of a word must have
MAX_WORDS = 8


@dataclass(frozen=True, slots=True)
class Search:
    """The patterns of a search, without accents and capitals.

    `words` are LIKE patterns, all of which a name and email must match. `phone_end` are the last
    digits of a phone, or empty. `lead_id` is 0 where the text is no number of a lead.
    """

    words: tuple[str, ...]
    phone_end: str = ""
    lead_id: int = 0


def read_search(text: str) -> Search:
    """Reads words in any order, an address, a phone as people write it, or the number of a lead."""
    plain = text.lower().translate(TO_PLAIN).strip()
    digits = ""
    if WRITTEN_NUMBER.fullmatch(plain):
        digits = "".join(character for character in plain if character.isdecimal())
    words = [word.strip(AROUND) for word in plain.split()][:MAX_WORDS]
    return Search(
        words=tuple(_pattern(word) for word in words if any(map(str.isalnum, word))),
        phone_end=digits[-_certain(digits) :] if len(digits) >= 4 else "",
        lead_id=int(digits) if 0 < len(digits) < 19 else 0,
    )


def _certain(digits: str) -> int:
    """Returns how many last digits of a number are the same in every form that is written.

    Mexico's mobile numbers may have a 1 before them, Argentina's a 9, and Brazil's a ninth digit.
    """
    return 8 if digits.startswith("55") and len(digits) >= 12 else 10


def _pattern(word: str) -> str:
    """Returns a LIKE pattern for a part of a name or an email.

    One or two letters match only the beginning of a word, because many words contain them.
    """
    escaped = word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%" if len(word) >= MIN_INNER else f"% {escaped}%"
