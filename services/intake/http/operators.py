"""What console asks for operators: what is held, the sources and their keys. Not for outside."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field
from pydantic_core import to_json

from contracts.api.submissions import (
    HeldList,
    HeldSubmission,
    NewSourceKey,
    SourceKey,
    SourceStatus,
)
from contracts.events.lead import LeadCard
from contracts.events.submission import HoldReason
from kit.clock import now
from kit.runtime import deps_of
from services.intake.decisions.source_keys import FORM, is_name
from services.intake.deps import Deps
from services.intake.repositories import held_submissions
from services.intake.repositories.held_submissions import HeldRow
from services.intake.repositories.sources import SourceRow, list_sources
from services.intake.use_cases.change_sources import add_source, revoke_key, rotate_key
from services.intake.use_cases.show_sources import show_platforms, with_silence

MAX_BIGINT = 2**63 - 1

operators = APIRouter()
FromApp = Annotated[Deps, Depends(deps_of)]


class Operator(BaseModel):
    """The operator, as the audit log names them."""

    by: str = Field(min_length=1, max_length=100)


class NewSource(Operator):
    """The name of a source to add."""

    name: str


@operators.get("/submissions/held")
async def get_held(
    deps: FromApp,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[int | None, Query(ge=1, le=MAX_BIGINT)] = None,
) -> HeldList:
    rows = await held_submissions.newest(deps.database, limit=limit, before=before)
    counts = await held_submissions.counts(deps.database)
    return HeldList(
        counts={HoldReason(reason): count for reason, count in counts.items()},
        submissions=[_held(row) for row in rows],
    )


@operators.get("/sources")
async def get_sources(deps: FromApp) -> list[SourceStatus]:
    """Returns the open form, the sources with keys, and the platforms."""
    forms = [_status(row) for row in await list_sources(deps.database, FORM)]
    at = now()
    return [
        with_silence(status, deps.settings, now=at)
        for status in (*forms, *await show_platforms(deps))
    ]


@operators.post("/sources", status_code=201)
async def post_source(new: NewSource, deps: FromApp) -> NewSourceKey:
    """Adds a source. 409 where the name is taken, 422 where it is none."""
    if not is_name(new.name):
        raise HTTPException(422, "small letters, digits and hyphens, and not a platform's name")
    key = await add_source(deps.database, new.name, by=new.by)
    if key is None:
        raise HTTPException(409, "there is a source of that name")
    return _new_key(new.name, key)


@operators.post("/sources/{name}/rotate")
async def post_rotation(name: str, operator: Operator, deps: FromApp) -> NewSourceKey:
    key = await rotate_key(deps.database, name, by=operator.by)
    if key is None:
        raise HTTPException(404)
    return _new_key(name, key)


@operators.post("/sources/{name}/keys/{key_id}/revoke", status_code=204)
async def post_revocation(name: str, key_id: int, operator: Operator, deps: FromApp) -> None:
    if not await revoke_key(deps.database, name, key_id, by=operator.by):
        raise HTTPException(404)


def _new_key(name: str, key: str) -> NewSourceKey:
    return NewSourceKey(name=name, key=key, path=f"/api/lead/{key}")


def _held(row: HeldRow) -> HeldSubmission:
    card = LeadCard.model_validate(row.card)
    return HeldSubmission(
        submission_id=row.submission_id,
        source=row.source,
        reason=HoldReason(row.reason),
        received_at=row.received_at,
        name=card.name,
        email=card.email,
        phone=card.phone,
        fields={name: _text(value) for name, value in row.fields.items()},
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else to_json(value).decode()


def _status(row: SourceRow) -> SourceStatus:
    keys = tuple(
        SourceKey(key_id=key_id, hint=hint, created_at=created_at)
        for key_id, hint, created_at in row.keys
    )
    return SourceStatus(
        name=row.name,
        kind=FORM,
        path="/api/lead" if row.name == FORM else "/api/lead/…",
        configured=row.name == FORM or bool(keys),
        keys=keys,
        last_delivery_at=row.last_delivery_at,
        deliveries=row.deliveries,
        refused=row.refused,
        held=row.held,
    )
