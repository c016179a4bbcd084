"""Text from outside, as a database and a message of ours can carry it."""

import re
from typing import Any

_UNSTORABLE = re.compile(r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ud800-\udfff]")


def storable(text: str) -> str:
    """Returns the text without NUL and halves of characters, which nothing keeps, and what commands a terminal."""
    return _UNSTORABLE.sub("\ufffd", text)


def storable_json(value: Any, *, longest: int) -> Any:
    """Returns what JSON held with every text in it storable and at most `longest` characters long."""
    match value:
        case str():
            return storable(value[:longest])
        case list():
            return [storable_json(one, longest=longest) for one in value]
        case dict():
            return {
                storable(str(name)[:longest]): storable_json(one, longest=longest)
                for name, one in value.items()
            }
        case _:
            return value
