"""Where an operator asks what is to come and what is overdue, and lets that go; inside the network only."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel

from contracts.events.touch import Channel
from domain.journey.contact_hours import Week
from kit.operators import admit
from kit.runtime import deps_of
from services.scheduler.decisions import hours_of
from services.scheduler.deps import Deps


async def operators_only(request: Request, deps: Annotated[Deps, Depends(deps_of)]) -> None:
    admit(request, deps.settings.scheduler_api_token)


routes = APIRouter(dependencies=[Depends(operators_only)])


class CatchUp(BaseModel):
    """How many touches are overdue, and whether they wait for a word."""

    overdue: int
    held: bool


class Hours(BaseModel):
    """The hours that a touch keeps by the clock of `zone`: the spans of each day, Monday first."""

    zone: str
    days: list[list[str]]


class ToCome(BaseModel):
    """A touch that is planned; `booking` is its meeting's uid, empty where it has none. Without `hours`, at any."""

    step: str
    channel: Channel
    booking: str
    due_at: datetime
    hours: Hours | None


class LeadPlan(BaseModel):
    """What a lead is to get, by the journey it is pinned to; `stopped` says why there is nothing more."""

    journey: str
    zone: str
    paused: bool
    stopped: str | None
    touches: list[ToCome]


FromApp = Annotated[Deps, Depends(deps_of)]


@routes.get("/backlog")
async def show_backlog(deps: FromApp) -> CatchUp:
    backlog = await deps.store.backlog()
    return CatchUp(overdue=backlog.overdue, held=backlog.held and not backlog.released)


@routes.post("/backlog/release", status_code=202)
async def release_backlog(deps: FromApp) -> CatchUp:
    """The overdue touches go out, each by its own rule for lateness. Saying it twice is fine."""
    backlog = await deps.store.backlog()
    if backlog.held and not backlog.released:
        await deps.store.release(backlog.overdue)
    return CatchUp(overdue=backlog.overdue, held=False)


@routes.get("/leads/{lead_id}")
async def show_plan(lead_id: int, deps: FromApp) -> LeadPlan:
    outlook = await deps.store.outlook(lead_id)
    if outlook is None:
        raise HTTPException(404)
    lead = outlook.lead
    touches = [
        ToCome(
            step=timer.step,
            channel=timer.channel,
            booking=timer.booking,
            due_at=timer.due_at,
            hours=_hours(hours_of(timer, lead, outlook.journey)),
        )
        for timer in outlook.to_come
    ]
    return LeadPlan(
        journey=outlook.version,
        zone=lead.where.home,
        paused=lead.paused,
        stopped=lead.stopped or lead.follow_up_ended,
        touches=touches,
    )


def _hours(week: Week | None) -> Hours | None:
    return (
        Hours(zone=week.zone, days=[list(spans) for spans in week.days])
        if week is not None
        else None
    )
