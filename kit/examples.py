"""The demonstration's values are known to everybody: whoever works for life is not started with them."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import Secret, SecretStr
from pydantic_settings import BaseSettings

from kit.settings import ProcessSettings, names_of

EXAMPLE = re.compile(r"-demo(@|$)|^sandbox-|^AC0{32}$|@example\.com$|^http://(sandbox|localhost|127\.)")
SHORTEST = 16


class ExampleValues(Exception):
    """Names every variable at fault, and what is wrong with it; never its value."""


def refuse_examples(settings: ProcessSettings) -> None:
    """Raises ExampleValues where the settings are for life, and something in them is the demonstration's or weak."""
    for_life = settings.pauta_profile == "production" or any(getattr(part, "real", False) for part in _parts(settings))
    if for_life and (faults := [fault for part in _parts(settings) for fault in _faults(part)]):
        raise ExampleValues("Not started, for these are not fit for production: " + "; ".join(faults))


def _parts(settings: BaseSettings) -> Iterator[BaseSettings]:
    yield settings
    for name in type(settings).model_fields:
        if isinstance(value := getattr(settings, name), BaseSettings):
            yield from _parts(value)


def _faults(settings: BaseSettings) -> Iterator[str]:
    for name, field in type(settings).model_fields.items():
        variable, value = names_of(type(settings), name, field)[0], getattr(settings, name)
        text = _text(value)
        if text is not None and EXAMPLE.search(text):
            yield f"{variable} has the demonstration's value"
        elif text and isinstance(value, Secret | SecretStr) and len(text) < SHORTEST:
            yield f"{variable} is shorter than {SHORTEST} characters"
        elif variable.endswith("_API_TOKEN") and not text:
            yield f"{variable} is empty"
        elif variable == "PUBLIC_BASE_URL" and not str(text).startswith("https://"):
            yield f"{variable} must begin with https://"
        elif variable == "ALLOW_UNSIGNED_WEBHOOKS" and value:
            yield f"{variable} is for the demonstration"


def _text(value: Any) -> str | None:
    """A setting that may hold an example; an address with a password shows its password's end before the `@`."""
    if isinstance(value, Secret | SecretStr):
        return str(value.get_secret_value())
    return value if isinstance(value, str) else None
