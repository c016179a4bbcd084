"""Marks the texts that pages translate."""


def gettext_noop(message: str) -> str:
    """Returns the msgid as it is, for `pybabel extract` to find; it is translated when shown."""
    return message
