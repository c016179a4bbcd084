"""Serves the page at /simulator, on which somebody plays the lead, and the routes that it calls."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import quote

from fastapi import APIRouter, Body, Header, HTTPException, Query
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.phone import to_e164
from kit.languages import preferred
from simulator.fake_leads import make_fake_lead
from simulator.inboxes import Card, People, Person, Shown
from simulator.manual_call import Action
from simulator.sources.doors import Door, Doors
from simulator.words import LANGUAGES
from simulator.world import Answer

PAGES = Path(__file__).parent / "pages"
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# a link in a mail must open outside the frame's sandbox, or no form works on the booking page
MAIL_HEADERS = PAGE_HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox "
        "allow-top-navigation-by-user-activation"
    ),
}
UNANSWERED = Answer(502, "application/json", b'{"ok":false,"errors":[]}')
NEW_TAB = '<base target="_blank">'


def make_phone_routes(
    people: People, doors: Doors, *, region: str, days_in_seconds: float | None = None
) -> APIRouter:
    """Builds the routes of the page, its content and the person's actions.

    The page's form is posted to the public form endpoint, like any other, or sent by a platform.
    """
    routes = APIRouter(prefix="/simulator")
    twilio = people.twilio
    templates = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined
    )

    @routes.get("")
    async def page(
        lang: Literal["es", "en"] | None = None, accept_language: Annotated[str, Header()] = ""
    ) -> HTMLResponse:
        language = lang or preferred(accept_language, tuple(LANGUAGES))
        html = templates.get_template("phone.html").render(
            w=LANGUAGES[language],
            language=language,
            newcomer=make_fake_lead(),
            doors=get_args(Door),
            days_in_seconds=days_in_seconds,
        )
        return HTMLResponse(html, headers=PAGE_HEADERS)

    @routes.get("/static/{name}")
    async def static(name: Literal["phone.css", "phone.js"]) -> FileResponse:
        return FileResponse(
            PAGES / name, headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        )

    @routes.get("/newcomer")
    async def newcomer() -> dict[str, str]:
        return make_fake_lead()

    @routes.get("/people")
    async def list_people(limit: Annotated[int, Query(ge=1)] = 50) -> list[Person]:
        return people.seen()[:limit]

    @routes.get("/people/{address}")
    async def person(address: str) -> Shown:
        if (found := people.find(address)) is None:
            raise HTTPException(404)
        return people.shown_to(found)

    @routes.get("/emails/{mail_id}/html")
    async def mail(mail_id: str) -> HTMLResponse:
        found = next((mail for mail in people.brevo.mails.values() if mail.id == mail_id), None)
        if found is None:
            raise HTTPException(404)
        return HTMLResponse(_with_new_tabs(found.html), headers=MAIL_HEADERS)

    @routes.post("/leads")
    async def send_lead(
        lead: Annotated[dict[str, Any], Body()],
        door: Door | None = None,
        by_hand: bool = False,
        accept_language: Annotated[str, Header()] = "",
    ) -> Response:
        card = read_card(lead, region)
        if card.phone:
            if by_hand:
                twilio.by_hand.add(card.phone)
            else:
                twilio.by_hand.discard(card.phone)
        if door is not None:
            answers = {name: str(value) for name, value in lead.items()}
            taken = await doors.send(door, answers)
            answer = Answer(200 if taken else 502, "application/json", b'{"errors": []}')
        else:
            headers = {"Content-Type": "application/json", "Accept-Language": accept_language}
            posted = await twilio.callbacks.post(
                f"{doors.public_url}/api/lead", json.dumps(lead).encode(), headers
            )
            answer = posted or UNANSWERED
        location = {}
        if answer.status < 300:
            people.arrived.append(card)
            person_id = quote(card.phone or card.email or "", safe="")
            location = {"Location": f"/simulator/people/{person_id}"}
        return Response(answer.content, answer.status, location, media_type=answer.content_type)

    @routes.post("/calls/{sid}/{action}", status_code=204)
    async def handle(
        sid: str, action: Action, key: Annotated[str, Body(embed=True, pattern="^[0-9*#]$")] = "1"
    ) -> None:
        twilio.handle(sid, action, key)

    return routes


def read_card(lead: Mapping[str, Any], region: str) -> Card:
    """Returns the addresses in a form as the providers will have them."""
    name = str(lead.get("nombre") or "").strip()
    email = str(lead.get("email") or "").strip()
    phone = str(lead.get("telefono") or "").strip()
    return Card(name, to_e164(phone, region), email.lower() or None, time.time())


def _with_new_tabs(html: str) -> str:
    """Returns a mail whose links open in a new tab, as in a mail program."""
    if "<head>" not in html:
        return NEW_TAB + html
    return html.replace("<head>", f"<head>{NEW_TAB}", 1)
