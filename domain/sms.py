"""Writes a text as an SMS, and counts the segments in which it is sent and charged.

A text of the GSM 03.38 alphabet has 160 characters in one segment; any other is sent as UCS-2, with
70. In several segments each has 153, or 67. https://www.twilio.com/docs/glossary/what-sms-character-limit
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED = set("^{}\\[~]|€\f")
MOST_SEGMENTS = 2  # that one of our texts takes
GSM = BASIC | ESCAPED
# what word processors and Unicode's own tables put in place of a character of the alphabet
PLAIN = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\t": " ",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "«": '"',
        "»": '"',
        "´": "'",
        "`": "'",
        "′": "'",
        "″": '"',
        "„": '"',
        "–": "-",
        "—": "-",
        "‐": "-",
        "‑": "-",
        "−": "-",
        "•": "-",
        "·": "-",
        "→": "-",
        "°": "o",
        "…": "...",
        "\u200b": "",
        "\ufeff": "",
    }
)
JOINER = "\u200d"
JOINERS = {JOINER, "\u200c"}
KEYCAP = "\u20e3"
# skin tones and other modifiers, invisible signs, and characters of one font alone
DECORATIONS = {"Sk", "Cf", "Co", "Cn", "Cs"}


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments of a text. `odd` are its characters outside GSM 03.38, which make it longer."""

    count: int
    units: int
    odd: str


def segments(text: str) -> Segments:
    odd = "".join(sorted(set(text) - GSM))
    if odd:
        # a character outside the basic plane takes two units
        sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
        in_one_segment = 70
        in_each_of_several = 67
    else:
        sizes = [2 if character in ESCAPED else 1 for character in text]
        in_one_segment = 160
        in_each_of_several = 153
    units = sum(sizes)
    count = 1 if units <= in_one_segment else _filled(sizes, in_each_of_several)
    return Segments(count, units, odd)


def as_sms(text: str) -> str:
    """Returns the text as it is sent by SMS, with the fewest segments.

    Typographic quotes, dashes and spaces are always written plainly, and emoji are left out.
    Letters lose an accent that GSM 03.38 lacks (á, í, ó, ú), or an ornament (º, 𝗔), only where all
    of the text then fits that alphabet, and it takes fewer segments: é, ñ, ü, ¿ and ¡ are part of
    it, and stay.
    """
    plain = _undecorated(unicodedata.normalize("NFC", text).translate(PLAIN))
    without_accents = "".join(_in_gsm(character) for character in plain)
    if set(without_accents) <= GSM and segments(without_accents).count < segments(plain).count:
        return without_accents
    return plain


def _undecorated(text: str) -> str:
    """Returns the text without emoji and other signs that say nothing in an SMS.

    A sign that stands for letters (№, ™, ㎡) is written with them.
    """
    kept: list[str] = []
    is_dropped = False
    for character in text:
        # a joiner belongs to the sign before it; between letters some alphabets need it
        if _is_decoration(character) or (is_dropped and character == JOINER):
            is_dropped = True
        else:
            is_dropped = False
            is_sign = unicodedata.category(character) == "So"
            kept.append(_in_gsm(character) if is_sign else character)
    plain = "".join(kept)
    if len(kept) == len(text):
        return plain
    return re.sub(r" +(?=[ ,.;:!?)\n]|$)|(?<=\n) +|^ +", "", plain)


def _is_decoration(character: str) -> bool:
    if character in GSM or character in JOINERS:
        return False
    if unicodedata.category(character) == "So":
        return _in_gsm(character) == character
    is_selector = "VARIATION SELECTOR" in unicodedata.name(character, "")
    return is_selector or character == KEYCAP or unicodedata.category(character) in DECORATIONS


def _in_gsm(character: str) -> str:
    """Returns the letter without its accent or ornament where the letter is in GSM 03.38."""
    if character in GSM:
        return character
    base = "".join(
        part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)
    )
    return base if set(base) <= GSM and base.strip() else character


def _filled(sizes: Iterable[int], capacity: int) -> int:
    """Returns how many segments are filled. A character of two units is never divided."""
    count = 1
    used = 0
    for size in sizes:
        if used + size > capacity:
            count += 1
            used = 0
        used += size
    return count
