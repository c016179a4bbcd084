"""The demonstration's values are known to everybody: whoever works for life is not started with them."""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import Secret, SecretStr
from pydantic_settings import BaseSettings

from kit.settings import ProcessSettings, names_of

EXAMPLE = re.compile(
    r"-demo(@|$)|^sandbox-|^AC0{32}$|=HX0{30}|@example\.com$|^http://(simulator|sandbox|localhost|127\.)"
)
SHORTEST = 16


class Fault(StrEnum):
    """What is wrong with a variable, as it is said behind its name."""

    EXAMPLE = "has the demonstration's value"
    SHORT = f"is shorter than {SHORTEST} characters"
    EMPTY = "is empty"
    NOT_HTTPS = "must begin with https://"
    FOR_SHOW = "is for the demonstration"


class UnsafeConfiguration(Exception):
    """Names every variable at fault, and what is wrong with it; never its value."""

    def __init__(self, faults: Sequence[tuple[str, Fault]]) -> None:
        named = "; ".join(f"{variable} {fault}" for variable, fault in faults)
        super().__init__(f"Not started, for these are not fit for production: {named}")
        self.faults = faults


def refuse_unsafe(settings: ProcessSettings) -> None:
    """Raises UnsafeConfiguration where live settings hold demo values, placeholders or short secrets."""
    for_life = settings.pauta_profile == "production" or any(
        getattr(part, "real", False) for part in _parts(settings)
    )
    if for_life and (faults := [fault for part in _parts(settings) for fault in _faults(part)]):
        raise UnsafeConfiguration(faults)


def _parts(settings: BaseSettings) -> Iterator[BaseSettings]:
    yield settings
    for name in type(settings).model_fields:
        if isinstance(value := getattr(settings, name), BaseSettings):
            yield from _parts(value)


def _faults(settings: BaseSettings) -> Iterator[tuple[str, Fault]]:
    for name, field in type(settings).model_fields.items():
        variable, value = names_of(type(settings), name, field)[0], getattr(settings, name)
        text = _text(value)
        if text is not None and EXAMPLE.search(text):
            yield variable, Fault.EXAMPLE
        elif text and isinstance(value, Secret | SecretStr) and len(_secret_in(text)) < SHORTEST:
            yield variable, Fault.SHORT
        elif variable.endswith("_API_TOKEN") and not text:
            yield variable, Fault.EMPTY
        elif variable == "PUBLIC_BASE_URL" and not str(text).startswith("https://"):
            yield variable, Fault.NOT_HTTPS
        elif variable == "ALLOW_UNSIGNED_WEBHOOKS" and value:
            yield variable, Fault.FOR_SHOW


def _secret_in(text: str) -> str:
    """The password of an address, all of anything else."""
    return unquote(urlsplit(text).password or "") if "://" in text else text


def _text(value: Any) -> str | None:
    """A setting that may hold an example; an address with a password shows its password's end before the `@`."""
    if isinstance(value, Secret | SecretStr):
        return str(value.get_secret_value())
    return value if isinstance(value, str) else None
