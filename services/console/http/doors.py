"""The console's buttons about what came in: held submissions, sources, deliveries, files."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from contracts.commands.submission import AcceptSubmission, DiscardSubmission, ReplayDelivery
from services.console.decisions.doors import mapping_of
from services.console.decisions.labels import FILE_PROBLEMS
from services.console.decisions.messages import gettext_noop as _
from services.console.deps import Deps, HttpDeps
from services.console.http.commands import Text, publish, return_to
from services.console.http.pages.imports import import_page
from services.console.http.pages.shared import frame
from services.console.http.params import MAX_BIGINT, RowPath, SourceName
from services.console.intake_client import IntakeRefused, Journey, LeadFile
from services.console.session import Operator, require_operator

log = structlog.get_logger()
routes = APIRouter(prefix="/console", include_in_schema=False)

MAX_SUBMISSIONS = 500  # of one click
MAX_FILE_BYTES = 20_000_000  # the gateway lets a megabyte through, the command line all of it

SubmissionId = Annotated[int, Form(gt=0, le=MAX_BIGINT)]
Names = Annotated[list[str] | None, Form(max_length=500)]


@routes.post("/submissions/accept")
async def accept(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    ids: Annotated[list[SubmissionId] | None, Form(max_length=MAX_SUBMISSIONS)] = None,
) -> RedirectResponse:
    for submission_id in ids or []:
        await publish(deps, AcceptSubmission(lead_id=submission_id, by=user.name))
    return return_to(request, "/submissions", _("Accepting: {}."), len(ids or []))


@routes.post("/submissions/discard")
async def discard(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    ids: Annotated[list[SubmissionId] | None, Form(max_length=MAX_SUBMISSIONS)] = None,
) -> RedirectResponse:
    for submission_id in ids or []:
        await publish(deps, DiscardSubmission(lead_id=submission_id, by=user.name))
    return return_to(request, "/submissions", _("Discarding: {}."), len(ids or []))


@routes.post("/sources")
async def add_source(request: Request, deps: HttpDeps, user: Operator, name: Text) -> Response:
    """Adds a form with an address of its own, and shows its key this once."""
    try:
        key = await deps.intake.add_source(name.strip(), by=user.name)
    except IntakeRefused as refusal:
        text = _("There is a source of that name already.")
        if refusal.status != 409:
            text = _("A name has small letters, digits and hyphens only.")
        return return_to(request, "/sources", text, tone="doubt")
    log.warning("source.added", source=key.name)
    return await _key_page(request, deps, user, key.name, key.path)


@routes.post("/sources/{name}/rotate")
async def rotate_key(
    request: Request, deps: HttpDeps, user: Operator, name: SourceName
) -> Response:
    """Makes a further key of the source, and shows it this once."""
    key = await deps.intake.rotate(name, by=user.name)
    log.warning("source.key_rotated", source=key.name)
    return await _key_page(request, deps, user, key.name, key.path)


@routes.post("/sources/{name}/keys/{key_id}/revoke")
async def revoke_key(
    request: Request, deps: HttpDeps, user: Operator, name: SourceName, key_id: RowPath
) -> RedirectResponse:
    await deps.intake.revoke(name, key_id, by=user.name)
    log.warning("source.key_revoked", source=name, key_id=key_id)
    return return_to(request, f"/sources/{name}", _("The key is revoked."))


@routes.post("/sources/{name}/test", dependencies=[Depends(require_operator)])
async def send_test(request: Request, deps: HttpDeps, name: SourceName) -> RedirectResponse:
    """Sends a test lead by the source's own way; it is held as a test, and never contacted."""
    try:
        delivery = await deps.intake.send_test(name)
    except IntakeRefused as refusal:
        if refusal.status == 404:
            raise
        text = _("The test was refused. See whether the source is configured.")
        return return_to(request, f"/sources/{name}", text, tone="bad")
    return return_to(
        request, f"/deliveries/{delivery.delivery_id}", _("This is what the test brought.")
    )


@routes.post("/deliveries/{delivery_id}/replay")
async def replay(
    request: Request, deps: HttpDeps, user: Operator, delivery_id: RowPath
) -> RedirectResponse:
    await publish(deps, ReplayDelivery(lead_id=0, delivery_id=delivery_id, by=user.name))
    return return_to(request, f"/deliveries/{delivery_id}", _("Processing the delivery again…"))


@routes.post("/imports/plan")
async def plan_import(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    file: UploadFile,
    journey: Annotated[Journey, Form()] = "current",
    column: Names = None,
    field: Names = None,
) -> HTMLResponse:
    """Shows what the file would bring, and how its columns are read. Imports nothing."""
    leads = await _file(file, journey, column, field)
    try:
        planned = await deps.intake.import_file(leads, dry_run=True)
    except IntakeRefused as refusal:
        return await import_page(request, deps, user, journey=journey, problem=_reason(refusal))
    return await import_page(request, deps, user, journey=journey, plan=planned)


@routes.post("/imports")
async def start_import(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    file: UploadFile,
    journey: Annotated[Journey, Form()] = "current",
    column: Names = None,
    field: Names = None,
) -> Response:
    leads = await _file(file, journey, column, field)
    try:
        started = await deps.intake.import_file(leads, dry_run=False)
    except IntakeRefused as refusal:
        return await import_page(request, deps, user, journey=journey, problem=_reason(refusal))
    log.warning("import.started", import_id=started.import_id)
    return RedirectResponse(f"/console/imports/{started.import_id}", status_code=303)


async def _key_page(
    request: Request, deps: Deps, user: Operator, name: str, path: str
) -> HTMLResponse:
    top = await frame(request, deps, user, "sources")
    address = f"{deps.settings.public_base_url.rstrip('/')}{path}"
    return deps.pages.page("key", request, **top, source=name, address=address)


async def _file(
    file: UploadFile, journey: Journey, columns: list[str] | None, fields: list[str] | None
) -> LeadFile:
    """Returns the file. Raises HTTPException for one that is too long, or an odd mapping."""
    content = await file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise HTTPException(413)
    try:
        mapping = mapping_of(columns or [], fields or [])
    except ValueError:
        raise HTTPException(422) from None
    return LeadFile(file.filename or "", content, journey, mapping)


def _reason(refusal: IntakeRefused) -> str:
    unread = _("The file cannot be read. Save it as CSV in UTF-8, and try again.")
    return FILE_PROBLEMS.get(refusal.detail, unread)
