"""Types of path, query and form parameters: numbers and texts that the database can hold."""

from typing import Annotated

from fastapi import Path, Query

MAX_BIGINT = 2**63 - 1

LeadId = Annotated[int, Path(gt=0, le=MAX_BIGINT)]
RowId = Annotated[int, Query(ge=0, le=MAX_BIGINT)]


def storable(text: str) -> str:
    """Returns the text without NUL, which PostgreSQL does not store."""
    return text.replace("\0", "")
