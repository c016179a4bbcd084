"""Refuses to start in production with demo credentials, placeholders or short secrets."""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import Secret, SecretStr
from pydantic_settings import BaseSettings

from kit.settings import ProcessSettings, names_of

EXAMPLE = re.compile(
    r"-demo(@|$)|^sandbox-|^AC0{32}$|=HX0{30}|@example\.com$"
    r"|^http://(simulator|sandbox|localhost|127\.)"
)
MIN_LENGTH = 16  # characters of a secret


class Fault(StrEnum):
    """The fault of a variable, as the error message prints it after the variable's name."""

    EXAMPLE = "has the demonstration's value"
    SHORT = f"is shorter than {MIN_LENGTH} characters"
    EMPTY = "is empty"
    NOT_HTTPS = "must begin with https://"
    DEMO_ONLY = "is for the demonstration"


class UnsafeConfiguration(Exception):
    """Names every variable at fault and its fault, never its value."""

    def __init__(self, faults: Sequence[tuple[str, Fault]]) -> None:
        named = "; ".join(f"{variable} {fault}" for variable, fault in faults)
        super().__init__(f"Not started, because these are not fit for production: {named}")
        self.faults = faults


def refuse_unsafe(settings: ProcessSettings) -> None:
    """Raises UnsafeConfiguration where production would run with faulty settings.

    Settings with a live account count as production, whatever the profile says.
    """
    parts = list(_parts(settings))
    has_live_account = any(getattr(part, "is_live", False) for part in parts)
    if settings.pauta_profile != "production" and not has_live_account:
        return
    faults = list(chain.from_iterable(_faults(part) for part in parts))
    if faults:
        raise UnsafeConfiguration(faults)


def _parts(settings: BaseSettings) -> Iterator[BaseSettings]:
    """Yields the settings and, recursively, the settings inside them."""
    yield settings
    for name in type(settings).model_fields:
        if isinstance(value := getattr(settings, name), BaseSettings):
            yield from _parts(value)


def _faults(settings: BaseSettings) -> Iterator[tuple[str, Fault]]:
    for name, field in type(settings).model_fields.items():
        variable = names_of(type(settings), name, field)[0]
        value = getattr(settings, name)
        text = _text(value)
        if text is not None and EXAMPLE.search(text):
            yield variable, Fault.EXAMPLE
        elif text and isinstance(value, Secret | SecretStr) and len(_secret_in(text)) < MIN_LENGTH:
            yield variable, Fault.SHORT
        elif variable.endswith("_API_TOKEN") and not text:
            yield variable, Fault.EMPTY
        elif variable == "PUBLIC_BASE_URL" and not str(text).startswith("https://"):
            yield variable, Fault.NOT_HTTPS
        elif variable == "ALLOW_UNSIGNED_WEBHOOKS" and value:
            yield variable, Fault.DEMO_ONLY


def _secret_in(text: str) -> str:
    """Returns the password where the text is an address, else the whole text."""
    return unquote(urlsplit(text).password or "") if "://" in text else text


def _text(value: Any) -> str | None:
    """Returns the text to compare with the examples; None for a value that is no text.

    In an address, the end of the password stands before the `@`.
    """
    if isinstance(value, Secret | SecretStr):
        return str(value.get_secret_value())
    return value if isinstance(value, str) else None
