"""What console asks for operators: what sources delivered, and files of leads. Not for outside."""

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query, UploadFile
from pydantic import TypeAdapter, ValidationError

from contracts.api.submissions import Delivery, DeliveryDetail, FileImport
from kit.clock import now
from kit.runtime import deps_of
from services.intake.decisions.source_keys import FORM
from services.intake.deps import Deps
from services.intake.platforms import PROOFS
from services.intake.repositories import deliveries
from services.intake.repositories.sources import exists
from services.intake.use_cases.import_leads import (
    begin_import,
    list_imports,
    mapping_of,
    preview_import,
    read_file,
    show_import,
)
from services.intake.use_cases.show_deliveries import list_deliveries, show_delivery
from sources import trial
from sources.field_names import card_field
from sources.model import Unreadable

MAX_FILE_BYTES = 20_000_000
MAX_BIGINT = 2**63 - 1
PROBLEMS = {
    "workbook": "a workbook: save it as CSV",
    "empty_table": "no line below the names of the columns",
    "long_table": "too many lines: split the file",
    "bad_table": "not a CSV file",
}

routes = APIRouter()
FromApp = Annotated[Deps, Depends(deps_of)]
Id = Annotated[int, Query(ge=1, le=MAX_BIGINT)]
MAPPING = TypeAdapter(dict[str, str])


@routes.get("/deliveries")
async def get_deliveries(
    deps: FromApp,
    source: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[Delivery]:
    return await list_deliveries(deps, source=source, limit=limit)


@routes.get("/deliveries/{delivery_id}")
async def get_delivery(delivery_id: int, deps: FromApp) -> DeliveryDetail:
    found = await show_delivery(delivery_id, deps) if 0 < delivery_id <= MAX_BIGINT else None
    if found is None:
        raise HTTPException(404)
    return found


@routes.post("/sources/{name}/test", status_code=201)
async def post_test(name: str, deps: FromApp) -> Delivery:
    """Delivers a test lead of ours, which is held."""
    if name not in (FORM, *PROOFS) and not await exists(deps.database, name):
        raise HTTPException(404)
    body = trial.body_at(now())
    delivery_id = await deliveries.store_test(deps.database, name, trial.CONTENT_TYPE, body)
    deps.deliveries_due.set()
    found = await show_delivery(delivery_id, deps)
    assert found is not None
    return found


@routes.post("/imports", status_code=201)
async def post_import(
    file: UploadFile,
    name: Annotated[str, Form(min_length=1, max_length=200)],
    deps: FromApp,
    journey: Annotated[Literal["current", "none"], Form()] = "current",
    mapping: Annotated[str, Form()] = "{}",
    dry_run: Annotated[bool, Form()] = False,
) -> FileImport:
    """Imports a file of leads, or only shows what would come of each line.

    422 where it cannot be read, or a column is mapped to no field of the card.
    """
    wanted = _mapping(mapping)
    body = await file.read(MAX_FILE_BYTES + 1)
    if len(body) > MAX_FILE_BYTES:
        raise HTTPException(413)
    try:
        table = await read_file(body)
    except Unreadable as unreadable:
        raise HTTPException(422, PROBLEMS[unreadable.code]) from None
    fields = mapping_of(table, wanted)
    if dry_run:
        return await preview_import(table, name, journey, fields, deps)
    return await begin_import(table, name, journey, fields, deps)


@routes.get("/imports")
async def get_imports(deps: FromApp) -> list[FileImport]:
    return await list_imports(deps)


@routes.get("/imports/{import_id}")
async def get_import(import_id: int, deps: FromApp) -> FileImport:
    found = await show_import(import_id, deps) if 0 < import_id <= MAX_BIGINT else None
    if found is None:
        raise HTTPException(404)
    return found


def _mapping(written: str) -> dict[str, str]:
    try:
        mapping = MAPPING.validate_python(json.loads(written))
    except (ValueError, RecursionError, ValidationError):
        raise HTTPException(422, "the mapping is no object of texts") from None
    for column, field in mapping.items():
        if field and card_field(field) is None:
            raise HTTPException(422, f"{field} is no field of the card: {column}")
    return mapping
