"""The operators' API about what came in: held submissions, sources, deliveries, files."""

from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Query, UploadFile
from pydantic import BaseModel, Field, Json

from contracts.api.submissions import (
    Delivery,
    DeliveryDetail,
    FileImport,
    HeldList,
    NewSourceKey,
    SourceStatus,
)
from contracts.commands.submission import AcceptSubmission, DiscardSubmission, ReplayDelivery
from services.console.deps import HttpDeps
from services.console.http.api import operators_only
from services.console.http.commands import publish
from services.console.http.doors import MAX_FILE_BYTES, MAX_SUBMISSIONS
from services.console.http.params import MAX_BIGINT, RowId, RowPath, SourceName
from services.console.intake_client import Journey, LeadFile

log = structlog.get_logger()
routes = APIRouter(dependencies=[Depends(operators_only)])

SubmissionId = Annotated[int, Field(gt=0, le=MAX_BIGINT)]
COMMANDS = {"accept": AcceptSubmission, "discard": DiscardSubmission}


class Operator(BaseModel):
    """The operator, as the audit log names them."""

    by: str = Field(min_length=1, max_length=100)


class SubmissionSelection(Operator):
    """The held submissions that an operator selected."""

    ids: list[SubmissionId] = Field(max_length=MAX_SUBMISSIONS)


class NewSource(Operator):
    """The name of a form or tool that gets an address of its own."""

    name: str = Field(min_length=1, max_length=100)


@routes.get("/api/submissions/held")
async def held(
    deps: HttpDeps,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: RowId | None = None,
) -> HeldList:
    """Returns the newest held submissions, or those with an id lower than `before`."""
    return await deps.intake.held(limit=limit, before=before)


@routes.post("/api/submissions/{action}", status_code=202)
async def decide(
    action: Literal["accept", "discard"], selection: SubmissionSelection, deps: HttpDeps
) -> None:
    """Has intake accept or discard the submissions. Idempotent."""
    for submission_id in selection.ids:
        await publish(deps, COMMANDS[action](lead_id=submission_id, by=selection.by))


@routes.get("/api/sources")
async def sources(deps: HttpDeps) -> list[SourceStatus]:
    return await deps.intake.sources()


@routes.post("/api/sources", status_code=201)
async def add_source(source: NewSource, deps: HttpDeps) -> NewSourceKey:
    """Adds a form with an address of its own. Returns its key, this once."""
    key = await deps.intake.add_source(source.name, by=source.by)
    log.warning("source.added", source=key.name)
    return key


@routes.post("/api/sources/{name}/rotate", status_code=201)
async def rotate_key(name: SourceName, operator: Operator, deps: HttpDeps) -> NewSourceKey:
    """Returns a further key of the source, this once. The one before stays valid."""
    key = await deps.intake.rotate(name, by=operator.by)
    log.warning("source.key_rotated", source=name)
    return key


@routes.post("/api/sources/{name}/keys/{key_id}/revoke", status_code=202)
async def revoke_key(name: SourceName, key_id: RowPath, operator: Operator, deps: HttpDeps) -> None:
    await deps.intake.revoke(name, key_id, by=operator.by)
    log.warning("source.key_revoked", source=name, key_id=key_id)


@routes.post("/api/sources/{name}/test")
async def send_test(name: SourceName, deps: HttpDeps) -> Delivery:
    """Sends a test lead by the source's own way, which is held and never contacted."""
    return await deps.intake.send_test(name)


@routes.get("/api/deliveries")
async def deliveries(
    deps: HttpDeps,
    source: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[Delivery]:
    return await deps.intake.deliveries(source=source, limit=limit)


@routes.get("/api/deliveries/{delivery_id}")
async def delivery(delivery_id: RowPath, deps: HttpDeps) -> DeliveryDetail:
    return await deps.intake.delivery(delivery_id)


@routes.post("/api/deliveries/{delivery_id}/replay", status_code=202)
async def replay(delivery_id: RowPath, operator: Operator, deps: HttpDeps) -> None:
    """Has intake process a delivery again. Submissions that exist are not made twice."""
    await publish(deps, ReplayDelivery(lead_id=0, delivery_id=delivery_id, by=operator.by))


@routes.post("/api/imports")
async def import_file(
    deps: HttpDeps,
    file: UploadFile,
    journey: Annotated[Journey, Form()] = "current",
    mapping: Annotated[Json[dict[str, str]] | None, Form()] = None,
    dry_run: Annotated[bool, Form()] = True,
) -> FileImport:
    """Starts the import of a file of leads, or says in a dry run what it would bring."""
    content = await file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise HTTPException(413, f"The file has more than {MAX_FILE_BYTES} bytes.")
    leads = LeadFile(file.filename or "", content, journey, mapping)
    return await deps.intake.import_file(leads, dry_run=dry_run)


@routes.get("/api/imports")
async def imports(deps: HttpDeps) -> list[FileImport]:
    return await deps.intake.imports()


@routes.get("/api/imports/{import_id}")
async def file_import(import_id: RowPath, deps: HttpDeps) -> FileImport:
    return await deps.intake.file_import(import_id)
