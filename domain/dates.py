"""Writes a time as people say it: with the name of the month, because 12/03 has two readings."""

from datetime import datetime

from babel.dates import format_datetime

AT_ONE = (1, 13)
# Babel's; Spanish says "a la" of one o'clock alone
_SPANISH = "EEEE d 'de' MMMM 'a las' h:mm a"
_SPANISH_AT_ONE = "EEEE d 'de' MMMM 'a la' h:mm a"
_ENGLISH = "EEEE, MMMM d 'at' h:mm a"
_SPANISH_STAMP = "d 'de' MMMM 'de' y, HH:mm:ss"


def in_words(local: datetime, language: str) -> str:
    """Returns `jueves 12 de febrero a la 1:00 p.m.`; in English for a language but Spanish."""
    pattern = _ENGLISH
    if language.startswith("es"):
        pattern = _SPANISH_AT_ONE if local.hour in AT_ONE else _SPANISH
    written = format_datetime(local, pattern, locale=language.replace("-", "_"))
    return " ".join(written.split())


def stamp(local: datetime) -> str:
    """Returns `12 de febrero de 2026, 13:05:09`."""
    return format_datetime(local, _SPANISH_STAMP, locale="es_MX")
