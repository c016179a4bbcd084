"""The webhooks of Twilio and Brevo, and the page on which a person unsubscribes.

Each is stored first, and then answered.
"""

import html
import json
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from contracts.events.lead import LeadCard
from domain.addresses import canonical
from domain.text import storable
from kit.errors import Unavailable
from kit.observability import tracing
from kit.rate_limit import GUARDED
from providers.brevo.inbound import read_inbound_mails
from providers.brevo.webhooks import authentic, read_events
from providers.twilio import twiml
from providers.twilio.webhooks import (
    call_status_key,
    message_status_key,
    read_call_input,
    read_call_minutes,
    read_call_status,
    read_inbound,
    read_message_status,
    read_verdict,
    signed_by_twilio,
    verdict_key,
)
from services.notify.decisions.menu import Ask, Before, Menu
from services.notify.deps import Deps, HttpDeps
from services.notify.links import read_unsubscribe_token
from services.notify.repositories import spending
from services.notify.short_links import CODE
from services.notify.speech import speech_of
from services.notify.use_cases.answer_call import answer_call
from services.notify.use_cases.open_link import open_link
from services.notify.use_cases.receive_choice import receive_choice
from services.notify.use_cases.receive_reply import receive_reply
from services.notify.use_cases.record_mail_event import record_mail_event
from services.notify.use_cases.record_receipt import VOICE, record_callback
from services.notify.use_cases.turn_call import turn_call
from services.notify.use_cases.unsubscribe import resubscribe, unsubscribe

log = structlog.get_logger()
routes = APIRouter(dependencies=GUARDED)

XML = "text/xml"
MAX_BODY_BYTES = 256 * 1024
MAX_TEXT_LENGTH = 4096  # as long as a text of WhatsApp may be
RETRY_SECONDS = "30"
WISH = "quiero"
RESUBSCRIBE = "alta"
RESUBSCRIBE_FORM = (
    "<p>No volveremos a escribirte a esta dirección.</p><form method='post'>"
    f"<button name='{WISH}' value='{RESUBSCRIBE}'>"
    "Fue un error: quiero volver a recibirlos</button></form>"
)
LINK_ENDED = "Este enlace ya no está disponible"
LINK_LATER = "No pudimos abrir tu enlace"
LINK_LATER_TEXT = "<p>Inténtalo otra vez en un minuto.</p>"
UNSTORED = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class LinkEnded(HTTPException):
    """The short link has ended with its lead, or never was. Tries are limited like refusals."""

    def __init__(self) -> None:
        super().__init__(410)


LeadId = Annotated[int, Query(ge=0, lt=2**63)]


async def signed_form(request: Request, deps: HttpDeps) -> dict[str, str]:
    """Returns the form that Twilio posted.

    The signature is over the public address, and not the one that a proxy made of it. Answers 403
    for any other signature, and 413 for a body that is too long.
    """
    _refuse_long(request)
    async with request.form() as form:
        params = {name: value for name, value in form.items() if isinstance(value, str)}
    query = f"?{request.url.query}" if request.url.query else ""
    if not signed_by_twilio(
        url=f"{deps.settings.public_url}{request.url.path}{query}",
        params=params,
        signature=request.headers.get("x-twilio-signature"),
        auth_token=deps.settings.twilio.auth_token.get_secret_value(),
    ):
        log.warning("webhook.signature_invalid", path=request.url.path)
        raise HTTPException(403)
    return {storable(name): storable(value[:MAX_TEXT_LENGTH]) for name, value in params.items()}


SignedForm = Annotated[dict[str, str], Depends(signed_form)]


@routes.post("/webhooks/twilio/voice")
async def call_answered(
    touch: UUID, params: SignedForm, deps: HttpDeps, lead: LeadId = 0
) -> Response:
    """Answers with the TwiML for a call that was picked up."""
    receipt = read_verdict(params)
    key = f"{VOICE}/{verdict_key(params)}"
    with tracing.continued({}):
        speech = await answer_call(key, touch, lead, receipt, params, deps)
    key_url = _key_url(touch, lead, Ask(Menu.MAIN), deps)
    answer = twiml.greet(receipt, speech, voice=deps.settings.voice_name, key_url=key_url)
    return Response(answer, media_type=XML)


def _key_url(touch: UUID, lead: int, question: Ask, deps: Deps) -> str:
    """Returns where Twilio posts the answer to the question."""
    query = {"touch": touch, "lead": lead, "menu": question.menu, "before": question.before}
    return f"{deps.settings.public_url}/webhooks/twilio/key?{urlencode(query)}"


@routes.post("/webhooks/twilio/verdict", status_code=204)
async def machine_detected(
    touch: UUID, params: SignedForm, deps: HttpDeps, lead: LeadId = 0
) -> None:
    """Receives what machine detection said while our text was read out."""
    key = f"{VOICE}/{verdict_key(params)}"
    with tracing.continued({}):
        await turn_call(key, touch, lead, read_verdict(params), params, deps)


@routes.post("/webhooks/twilio/key")
async def menu_answered(
    touch: UUID,
    params: SignedForm,
    deps: HttpDeps,
    lead: LeadId = 0,
    menu: Menu = Menu.MAIN,
    before: Before = Before.NOTHING,
) -> Response:
    """Receives what was answered to a call's menu, by a key or in words.

    1 asks for the booking link, 3 for a call at another hour, and 9 for no call any more.
    """
    entered = read_call_input(params)
    with tracing.continued({}):
        turn = await receive_choice(menu, before, entered, touch, lead, params, deps)
    facts = deps.wording.facts(lead, LeadCard(name=""))
    speech = speech_of(turn, facts, deps.wording.templates_for(None))
    voice = deps.settings.voice_name
    if isinstance(turn, Ask) and speech is not None:
        key_url = _key_url(touch, lead, turn, deps)
        return Response(twiml.ask(speech, voice=voice, key_url=key_url), media_type=XML)
    return Response(twiml.end(speech, voice=voice), media_type=XML)


@routes.post("/webhooks/twilio/call", status_code=204)
async def call_progressed(touch: UUID, params: SignedForm, deps: HttpDeps) -> None:
    key = f"call/{call_status_key(params)}"
    with tracing.continued({}):
        await record_callback(key, touch, read_call_status(params), params, deps)
        if (minutes := read_call_minutes(params)) is not None:
            await spending.set_units(deps.database, touch, minutes)


@routes.post("/webhooks/twilio/message", status_code=204)
async def message_progressed(touch: UUID, params: SignedForm, deps: HttpDeps) -> None:
    key = f"message/{message_status_key(params)}"
    with tracing.continued({}):
        await record_callback(key, touch, read_message_status(params), params, deps)


@routes.post("/webhooks/twilio/inbound")
async def message_received(params: SignedForm, deps: HttpDeps) -> Response:
    """Receives a message that a person wrote."""
    with tracing.continued({}):
        await receive_reply(read_inbound(params), params, deps.database)
    return Response(twiml.EMPTY, media_type=XML)


@routes.post("/webhooks/brevo", status_code=204)
async def mail_progressed(request: Request, deps: HttpDeps) -> None:
    """Receives events of Brevo.

    Brevo drops an event that is answered with any error but 429, so 429 answers an outage.
    """
    events = read_events(await _authentic_json(request, deps))
    with tracing.continued({}):
        for event in events:
            try:
                await record_mail_event(event, deps)
            except Unavailable:
                raise HTTPException(429, headers={"Retry-After": RETRY_SECONDS}) from None


@routes.post("/webhooks/brevo/inbound", status_code=204)
async def mail_received(request: Request, deps: HttpDeps) -> None:
    """Receives the emails that people wrote to us, where Brevo parses them."""
    body = await _authentic_json(request, deps)
    with tracing.continued({}):
        for mail in read_inbound_mails(body):
            try:
                await receive_reply(mail, {"from": canonical(mail.sender)}, deps.database)
            except Unavailable:
                raise HTTPException(429, headers={"Retry-After": RETRY_SECONDS}) from None


@routes.get("/baja/{token}", response_class=HTMLResponse)
async def ask_to_unsubscribe(token: str, deps: HttpDeps) -> str:
    """Shows a page with a button.

    Following the link changes nothing, because mail scanners follow every link.
    """
    _submission_id(token, deps)
    return _page(
        "¿Ya no quieres recibir mensajes?",
        "<form method='post'><button>Sí, darme de baja</button></form>",
        deps,
    )


@routes.post("/baja/{token}", response_class=HTMLResponse)
async def change_subscription(
    token: str, deps: HttpDeps, wish: Annotated[str, Form(alias=WISH)] = ""
) -> str:
    """Unsubscribes by the button or a mail program's one click (RFC 8058), or takes that back.

    A repeat has no effect.
    """
    submission_id = _submission_id(token, deps)
    change = resubscribe if wish == RESUBSCRIBE else unsubscribe
    with tracing.continued({}):
        found = await change(submission_id, deps.database)
    if not found:
        raise HTTPException(404)
    if wish == RESUBSCRIBE:
        return _page("Listo, volverás a recibir nuestros mensajes.", "", deps)
    return _page("Listo, te dimos de baja.", RESUBSCRIBE_FORM, deps)


async def _authentic_json(request: Request, deps: Deps) -> object:
    """Returns the JSON that Brevo posted. Answers 401 without our token, and 400 for other text."""
    if not authentic(
        request.headers.get("authorization"), deps.settings.brevo.webhook_token.get_secret_value()
    ):
        log.warning("webhook.signature_invalid", path=request.url.path)
        raise HTTPException(401)
    _refuse_long(request)
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400) from None


@routes.api_route("/a/{code:path}", methods=["GET", "HEAD"])
async def follow_link(code: str, request: Request, deps: HttpDeps) -> Response:
    """Leads from a short link to its page. Answers 410 for a link that has ended or never was."""
    try:
        with tracing.continued({}):
            destination = await _destination(code, request, deps)
    except Unavailable:
        page = _page(LINK_LATER, LINK_LATER_TEXT, deps)
        return HTMLResponse(page, 503, headers=UNSTORED | {"Retry-After": RETRY_SECONDS})
    if destination is None:
        raise LinkEnded
    return RedirectResponse(destination, 302, headers=UNSTORED)


async def _destination(code: str, request: Request, deps: Deps) -> str | None:
    """Returns where the link leads. What people copy with it, such as a full stop, is left out."""
    code = code.rstrip("/.,;:!?)")
    if not CODE.fullmatch(code):
        return None
    return await open_link(code, request.method, request.headers, deps)


async def answer_ended(request: Request, _: Exception) -> Response:
    """Answers the reader of a link that has ended with a page, and the way to book all the same."""
    deps: Deps = request.app.state.deps
    booking_url = html.escape(deps.settings.booking_url)
    text = f"<p>Puedes agendar aquí: <a href='{booking_url}'>{booking_url}</a></p>"
    return HTMLResponse(_page(LINK_ENDED, text, deps), 410, headers=UNSTORED)


def _submission_id(token: str, deps: Deps) -> int:
    """Returns the form that the link was made for. Answers 404 for a link that is not ours."""
    submission_id = read_unsubscribe_token(token, deps.settings.link_secret.get_secret_value())
    if submission_id is None:
        raise HTTPException(404)
    return submission_id


def _refuse_long(request: Request) -> None:
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
        raise HTTPException(413)


def _page(title: str, body: str, deps: Deps) -> str:
    business = html.escape(deps.settings.business_name)
    return (
        '<!doctype html><html lang="es-MX"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex"><title>{title}</title>'
        "<body style='font:18px system-ui;max-width:34em;margin:3em auto;padding:0 1em'>"
        f"<h1>{title}</h1>{body}"
        f"<p>{business}</p></html>"
    )
