"""Types of path, query and form parameters: numbers and texts that the database can hold."""

from typing import Annotated

from fastapi import Path, Query

MAX_BIGINT = 2**63 - 1

LeadId = Annotated[int, Path(gt=0, le=MAX_BIGINT)]
RowId = Annotated[int, Query(ge=0, le=MAX_BIGINT)]
RowPath = Annotated[int, Path(gt=0, le=MAX_BIGINT)]
SourceName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


def storable(text: str) -> str:
    """Returns the text without NUL, which PostgreSQL does not store."""
    return text.replace("\0", "")
