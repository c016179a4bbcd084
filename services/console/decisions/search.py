"""What an operator typed to find somebody, as patterns that an index can look for. Pure: no database."""

import re
from dataclasses import dataclass

ACCENTS, PLAIN = "ÁÉÍÓÚÜÑáéíóúüñ", "aeiouunaeiouun"
TO_PLAIN = str.maketrans(ACCENTS, PLAIN)
WRITTEN_NUMBER = re.compile(r"[#+]?[0-9 ().-]+")
AROUND = ",;:()\"'"  # between a surname and a name, or around an address
WHOLE = 3  # letters that a piece from the middle of a word must have
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Search:
    """`words` are LIKE patterns that a name and email must match all, each a text without accents or capitals.

    `phone_end` are the last digits of a phone, or empty; `lead_id` is 0 for what is no number of a lead.
    """

    words: tuple[str, ...]
    phone_end: str = ""
    lead_id: int = 0


def read_search(text: str) -> Search:
    """Reads words in any order, an address, a phone as people write it, or the number of a lead."""
    plain = text.lower().translate(TO_PLAIN).strip()
    digits = "".join(c for c in plain if c.isdecimal()) if WRITTEN_NUMBER.fullmatch(plain) else ""
    words = [word.strip(AROUND) for word in plain.split()]
    return Search(
        words=tuple(_pattern(word) for word in words[:MOST_WORDS] if any(map(str.isalnum, word))),
        phone_end=digits[-10:]
        if len(digits) >= 4
        else "",  # a Mexican mobile may still be written with 521
        lead_id=int(digits) if 0 < len(digits) < 19 else 0,
    )


def _pattern(word: str) -> str:
    """A part of a name or an email; one or two letters are where a word begins, for they are in the middle of many."""
    escaped = word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%" if len(word) >= WHOLE else f"% {escaped}%"
