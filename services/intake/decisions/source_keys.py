"""The keys that a business gives to its forms and tools. Pure."""

import hashlib
import re
import secrets

FORM = "form"  # the door without a key
# platforms prove their origin by secrets of their own
RESERVED = frozenset(
    {FORM, "meta", "google", "tiktok", "typeform", "tally", "webflow", "whatsapp", "file"}
)
VALID_KEYS = 2  # of a source, while its key is replaced
HINT_LENGTH = 6
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def is_name(name: str) -> bool:
    """Returns whether a source may be called so: small letters, digits and hyphens."""
    return _NAME.fullmatch(name) is not None and name not in RESERVED


def new_key() -> str:
    """Returns a key that nobody can guess, safe in a path."""
    return secrets.token_urlsafe(24)


def hash_of(key: str) -> bytes:
    """Returns what is stored of a key. It has too many bits to be guessed from its hash."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def hint_of(key: str) -> str:
    return key[:HINT_LENGTH]
