"""The page of the journey with the numbers of each step, and the previews of its texts."""

from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from contracts.events.touch import Channel
from domain.sms import segments
from kit.clock import now
from services.console.decisions.journeys import numbers_of
from services.console.decisions.messages import gettext_noop as _
from services.console.deps import HttpDeps
from services.console.http.pages.shared import VIEWERS_ONLY, Days, frame
from services.console.session import Viewer

routes = APIRouter(prefix="/console", include_in_schema=False)

PREVIEW_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
)


@routes.get("/journey")
async def journey(request: Request, deps: HttpDeps, user: Viewer, days: Days = 90) -> HTMLResponse:
    """Shows the journey file as a diagram: how many leads are at each step, how they left it."""
    top = await frame(request, deps, user, "journey")
    since = now() - timedelta(days=days)
    at_step = await deps.metrics.at_step(since)
    outcomes = await deps.metrics.outcomes(since)
    file = deps.journey
    made = {step for step, _outcome in outcomes}
    wished = [step for step in file.call_backs if step.name in made]
    first_contact = (*file.first_contact, *file.attempts, *wished)
    sections = [
        (_("First contact"), True, numbers_of(first_contact, at_step, outcomes)),
        (_("Follow-up, until they book"), True, numbers_of(file.follow_up, at_step, outcomes)),
        (_("Before and after the meeting"), False, numbers_of(file.meeting, at_step, outcomes)),
    ]
    return deps.pages.page("journey", request, **top, days=days, sections=sections)


@routes.get("/journey/{channel}/{template}")
async def template(
    request: Request, deps: HttpDeps, user: Viewer, channel: Channel, template: str
) -> HTMLResponse:
    """Shows one text as its reader would see it."""
    text = await deps.services.preview(channel, template)
    if text is None:
        raise HTTPException(404)
    return deps.pages.page(
        "template",
        request,
        **await frame(request, deps, user, "journey"),
        channel=channel,
        template=template,
        text=text,
        segments=segments(text.text),
    )


@routes.get("/journey/email/{template}/html", dependencies=VIEWERS_ONLY)
async def email(deps: HttpDeps, template: str) -> HTMLResponse:
    """Returns an email alone, for a frame: with its own styles, and no content from elsewhere."""
    text = await deps.services.preview(Channel.EMAIL, template)
    if text is None:
        raise HTTPException(404)
    return HTMLResponse(text.html, headers={"Content-Security-Policy": PREVIEW_CSP})
