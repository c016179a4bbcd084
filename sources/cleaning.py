"""Reads text as it was typed: without what programs and copying added on its way. Pure."""

import html
import re
import unicodedata

from domain.text import storable

# characters; of many marks on one letter, composing takes time that grows with their square
LONGEST = 5000
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SLASHES = re.compile(r"(?<!\\)\\+(?=['\"])")  # WordPress puts them before quotes
_CONTROL = re.compile(r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f]")
# U+1FFFE, U+1FFFF, U+2FFFE and so on
_NONCHARACTERS = "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)
)
# direction marks, zero width, soft hyphens, tags, and what is no character or half of one; not what
# joins emoji
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufdd0-\ufdef\ufeff"
    f"\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f{_NONCHARACTERS}]"
)
_JOINERS = re.compile("[\u200c\u200d]")


def as_typed(text: str) -> str:
    """Returns the text as it was typed, in its lines, up to LONGEST characters."""
    if _is_plain(text):
        if text.isascii():
            return text[:LONGEST].strip()
    else:
        text = _SLASHES.sub("", _unescaped(_unescaped(text)))
        text = storable(_INVISIBLE.sub("", _CONTROL.sub(" ", text.replace("\r\n", "\n"))))
    return unicodedata.normalize("NFC", text[:LONGEST]).strip()


def one_line(text: str) -> str:
    """Returns the text as it was typed, in one line.

    More than one would reach mail headers and the CRM.
    """
    typed = as_typed(text)
    return " ".join((typed if typed.isascii() else _JOINERS.sub("", typed)).split())


def _is_plain(text: str) -> bool:
    """Returns whether there is nothing to clean: what cannot be seen is not printable either."""
    return text.isprintable() and "&" not in text and "\\" not in text


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
