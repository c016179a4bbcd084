"""What an operator reads: what a lead was told, and what a template makes of an example. Inside the network only."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from contracts.events.touch import Channel
from kit.runtime import deps_of
from services.notify.deps import Deps
from services.notify.examples import example

routes = APIRouter()

FromApp = Annotated[Deps, Depends(deps_of)]


class Told(BaseModel):
    """What a touch said, exactly; `subject` is empty where it has none."""

    touch_id: UUID
    step: str
    channel: Channel
    subject: str
    text: str
    at: datetime


class Preview(BaseModel):
    """A template, filled in; `html` for email only."""

    subject: str
    html: str | None
    text: str


@routes.get("/leads/{lead_id}/texts")
async def texts_of_lead(lead_id: int, deps: FromApp) -> list[Told]:
    return [Told(**told) for told in await deps.texts.of_lead(lead_id)]


@routes.get("/texts/{channel}/{template}")
async def preview(channel: str, template: str, deps: FromApp) -> Preview:
    try:
        rendered = example(deps.wording, deps.settings, Channel(channel), template)
    except (LookupError, ValueError):
        raise HTTPException(404) from None
    return Preview(subject=rendered.subject, html=rendered.html or None, text=rendered.text)
