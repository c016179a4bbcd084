"""Answers operators: the texts that a lead was sent, and previews. Inside the network only."""

from fastapi import APIRouter, HTTPException

from contracts.api.texts import SentText, TextPreview
from contracts.events.touch import Channel
from services.notify.deps import HttpDeps
from services.notify.examples import example
from services.notify.repositories import texts

routes = APIRouter()


@routes.get("/leads/{lead_id}/texts")
async def texts_of_lead(lead_id: int, deps: HttpDeps) -> list[SentText]:
    return [SentText(**text) for text in await texts.of_lead(deps.database, lead_id)]


@routes.get("/texts/{channel}/{template}")
async def preview(channel: str, template: str, deps: HttpDeps) -> TextPreview:
    try:
        rendered = example(deps.wording, deps.settings, Channel(channel), template)
    except (LookupError, ValueError):
        raise HTTPException(404) from None
    return TextPreview(subject=rendered.subject, html=rendered.html or None, text=rendered.text)
