"""A test lead of ours, which an operator sends to see that a source's way is open. Pure."""

from datetime import datetime

from pydantic_core import to_json

from sources.model import Form
from sources.reading import read_object

CONTENT_TYPE = "application/vnd.pauta.test+json"


def body_at(at: datetime) -> bytes:
    return to_json(
        {
            "nombre": "Prueba de Pauta",
            "email": "prueba@example.com",
            "mensaje": f"Prueba del {at:%Y-%m-%d a las %H:%M:%S} UTC",
        }
    )


def read(source: str, body: bytes) -> Form:
    """Returns the test's form. Raises Unreadable."""
    return Form(source=source, fields=read_object(body), test=True)
