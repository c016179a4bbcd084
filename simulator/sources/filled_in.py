"""What a person filled in on a platform's form, and the signed request that tells us of it."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from domain.phone import to_e164

Builder = Literal["google", "tiktok", "typeform", "tally", "webflow"]
# the answers by the names that our own form has; any other name is a further question
CONTACT = ("nombre", "email", "telefono", "empresa")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request to our webhook. `external_id` is the platform's id of what was filled in."""

    external_id: str
    body: bytes
    headers: Mapping[str, str]


def new_id(characters: int = 32) -> str:
    return secrets.token_hex(characters // 2)


def compact(body: Mapping[str, Any]) -> bytes:
    """Returns the body as JavaScript writes it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def as_dialled(phone: str) -> str:
    """Returns the phone as a platform's own keyboard writes it, which is with a country's code."""
    return to_e164(phone, "MX") or phone


def questions(answers: Mapping[str, str]) -> dict[str, str]:
    """Returns the answers that are no name or address."""
    return {name: answer for name, answer in answers.items() if answer and name not in CONTACT}


def timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
