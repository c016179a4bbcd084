"""Answers operators: the texts that a lead was sent, and previews. Inside the network only."""

from fastapi import APIRouter, HTTPException

from contracts.api.addresses import SuspendedAddress
from contracts.api.texts import SentText, TextPreview
from contracts.events.touch import Channel
from services.notify.deps import HttpDeps
from services.notify.examples import example
from services.notify.repositories import addresses, texts

routes = APIRouter()

MAX_ADDRESSES = 500


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


@routes.get("/addresses")
async def suspended_addresses(deps: HttpDeps) -> list[SuspendedAddress]:
    """Returns the addresses to which nothing more goes, the newest first."""
    rows = await addresses.suspended(deps.database, limit=MAX_ADDRESSES)
    return [SuspendedAddress(**row) for row in rows]
