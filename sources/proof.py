"""Proves who sent a request, by a secret and the raw bytes of its body. Pure."""

import hashlib
import hmac
from collections.abc import Callable

from sources.model import Forged


def digest(secret: str, message: bytes) -> bytes:
    """Returns the HMAC-SHA256 of the message."""
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def require(secrets: tuple[str, ...], given: str, expected: Callable[[str], str]) -> None:
    """Raises Forged unless `given` is what `expected` returns for one of the secrets.

    Takes the same time whether they agree or not. An empty secret proves nothing.
    """
    given_bytes = given.encode("utf-8", "surrogatepass")
    matches = [
        hmac.compare_digest(given_bytes, expected(secret).encode()) for secret in secrets if secret
    ]
    if not any(matches):
        raise Forged
