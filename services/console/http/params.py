"""What may stand in an address or a form: numbers and texts that a database can hold."""

from typing import Annotated

from fastapi import Path, Query

MAX_BIGINT = 2**63 - 1

LeadId = Annotated[int, Path(gt=0, le=MAX_BIGINT)]
RowId = Annotated[int, Query(ge=0, le=MAX_BIGINT)]


def storable(text: str) -> str:
    """The text without NUL, which no database takes."""
    return text.replace("\0", "")
