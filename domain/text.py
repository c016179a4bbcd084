"""Cleans text from outside, so that our database and our messages can carry it."""

import re
from typing import Any

_UNSTORABLE = re.compile(r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ud800-\udfff\ufffe\uffff]")


def storable(text: str) -> str:
    """Returns the text with U+FFFD for each character that must not be stored.

    These are NUL and lone surrogates, which PostgreSQL and UTF-8 refuse, and the control characters
    that a terminal obeys.
    """
    return _UNSTORABLE.sub("\ufffd", text)


def storable_json(value: Any, *, longest: int) -> Any:
    """Returns a JSON value with every text in it storable.

    Each text is cut to `longest` characters.
    """
    match value:
        case str():
            return storable(value[:longest])
        case list():
            return [storable_json(item, longest=longest) for item in value]
        case dict():
            return {
                storable(str(name)[:longest]): storable_json(item, longest=longest)
                for name, item in value.items()
            }
        case _:
            return value
