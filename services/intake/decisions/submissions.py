"""What of a source's answers is compared, and what is kept as it was sent. Pure."""

import hashlib
from collections.abc import Mapping

from pydantic_core import to_json

from domain.text import storable_json

LONGEST_FIELD = 64 * 1024


def content_of(source: str, fields: Mapping[str, object], external_id: str = "") -> bytes:
    """Returns a digest of the fields, which does not depend on their encoding or their order.

    The same fields under another id of the source's are another submission.
    """
    parts = (source, external_id, sorted(fields.items(), key=lambda field: field[0]))
    text = repr(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def form_id(external_id: str, content: bytes) -> str:
    """Returns the id by which a repeat of a form is known for ever; empty where it has none.

    Others may send the same id: two sites that both count from 1, visitors of a cached page.
    """
    return f"{external_id} {content.hex()}" if external_id else ""


def as_sent(fields: Mapping[str, object]) -> str:
    """Returns the JSON of a form's fields, of which the database can store every character."""
    plain = storable_json(dict(fields), longest=LONGEST_FIELD)
    return to_json(plain, inf_nan_mode="strings").decode()
