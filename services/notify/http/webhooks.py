"""What Twilio and Brevo post to us, and the page where a person says stop. Each is stored, then answered."""

import contextlib
import hashlib
import html
import json
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from contracts.events.lead import LeadCard
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import Channel
from domain.receipts import Answered, Receipt
from domain.text import storable
from kit.errors import Unavailable
from kit.observability import tracing
from kit.rate_limit import GUARDED
from kit.runtime import deps_of
from providers.brevo.webhooks import MailEvent, authentic, read_events
from providers.twilio import twiml
from providers.twilio.twiml import Speech
from providers.twilio.webhooks import (
    call_status_key,
    message_status_key,
    read_call_status,
    read_inbound,
    read_message_status,
    read_pressed_key,
    read_verdict,
    signed_by_twilio,
    verdict_key,
)
from services.notify.decisions.keys import ASKS_FOR_LINK, asked_by_key
from services.notify.decisions.replies import Meaning, read_reply
from services.notify.deps import Deps
from services.notify.links import read_unsubscribe_token
from services.notify.speech import speech_after_key, speech_for

log = structlog.get_logger()
routes = APIRouter(dependencies=GUARDED)

XML = "text/xml"
WELCOME = "welcome"
MAX_BODY_BYTES = 256 * 1024  # of a body
LONGEST = 4096  # of a text, as long as WhatsApp's may be
WISH, BACK = "quiero", "alta"
WAY_BACK = (
    "<p>No volveremos a escribirte a esta dirección.</p><form method='post'>"
    f"<button name='{WISH}' value='{BACK}'>Fue un error: quiero volver a recibirlos</button></form>"
)


FromApp = Annotated[Deps, Depends(deps_of)]
LeadId = Annotated[int, Query(ge=0, lt=2**63)]


async def signed_form(request: Request, deps: FromApp) -> dict[str, str]:
    """The form Twilio posted, if it was Twilio: signed over the public address, whatever the proxy made of it."""
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
        raise HTTPException(413)
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
    return {storable(name): storable(value[:LONGEST]) for name, value in params.items()}


SignedForm = Annotated[dict[str, str], Depends(signed_form)]


@routes.post("/webhooks/twilio/voice")
async def answer_call(touch: UUID, params: SignedForm, deps: FromApp, lead: LeadId = 0) -> Response:
    """Somebody, or something, picked up: what they hear. It is said even when nothing can be stored."""
    receipt = read_verdict(params)
    speech = _speech(receipt, WELCOME, lead, LeadCard(name=""), deps)
    with tracing.continued({}):
        try:
            made, card = await deps.store.get_touch(touch)
            speech = _speech(receipt, made.template, lead, card, deps)
            await deps.store.record_callback(f"voice/{verdict_key(params)}", touch, receipt, params)
            await deps.texts.keep(touch, speech.transcript)
        except (Unavailable, LookupError) as outage:  # the call's last callback will tell it again
            log.warning("webhook.not_stored", path="voice", reason=str(outage))
    key_url = f"{deps.settings.public_url}/webhooks/twilio/key?touch={touch}&lead={lead}"
    answer = twiml.greet(receipt, speech, voice=deps.settings.voice_name, key_url=key_url)
    return Response(answer, media_type=XML)


def _speech(
    receipt: Receipt | None, template: str, lead: int, card: LeadCard, deps: Deps
) -> Speech:
    facts, templates = deps.wording.facts(lead, card), deps.wording.templates_for(None)
    return speech_for(receipt, template, facts, settings=deps.settings, templates=templates)


@routes.post("/webhooks/twilio/key")
async def key_pressed(touch: UUID, params: SignedForm, deps: FromApp, lead: LeadId = 0) -> Response:
    """A key during the call: 1 asks for the booking link."""
    pressed = read_pressed_key(params)
    ref = pressed.ref
    with tracing.continued({}):
        if pressed.key == ASKS_FOR_LINK and lead:
            asked = asked_by_key(lead, touch, ref, at=deps.now())
            try:
                await deps.store.hear_key(ref, touch, Answered(ref), params)
                await deps.leads.reply(f"key/{ref}", "", params, [asked], opts_in=False)
            except (
                Unavailable
            ):  # the wish is not lost with the call: the broker keeps it until our database is back
                await deps.publish_directly(asked)
            log.info("reply.received", lead_id=lead, channel=Channel.CALL, intent=Intent.WANTS_LINK)
        else:
            with contextlib.suppress(Unavailable):  # Twilio is asked later what was pressed
                await deps.store.hear_key(ref, touch, None, params)
    facts, templates = deps.wording.facts(lead, LeadCard(name="")), deps.wording.templates_for(None)
    speech = speech_after_key(pressed.key, facts, templates)
    return Response(twiml.end(speech, voice=deps.settings.voice_name), media_type=XML)


@routes.post("/webhooks/twilio/call", status_code=204)
async def call_progressed(touch: UUID, params: SignedForm, deps: FromApp) -> None:
    key = f"call/{call_status_key(params)}"
    with tracing.continued({}):
        await deps.store.record_callback(key, touch, read_call_status(params), params)


@routes.post("/webhooks/twilio/message", status_code=204)
async def message_progressed(touch: UUID, params: SignedForm, deps: FromApp) -> None:
    key = f"message/{message_status_key(params)}"
    with tracing.continued({}):
        await deps.store.record_callback(key, touch, read_message_status(params), params)


@routes.post("/webhooks/twilio/inbound")
async def message_received(params: SignedForm, deps: FromApp) -> Response:
    """Somebody wrote: stop is obeyed at once, everything else is said to whoever listens."""
    inbound = read_inbound(params)
    meaning = Meaning.OPT_OUT if inbound.opts_out else read_reply(inbound.text)
    key = f"inbound/{inbound.sid}"
    with tracing.continued({}):
        if meaning is Meaning.OPT_OUT:
            await deps.leads.opt_out(key, inbound.phone, inbound.channel, "reply", params)
            log.info("lead.opted_out", channel=inbound.channel, reason="reply")
        else:
            leads = await deps.leads.lead_ids_by_phone(inbound.phone)
            replies = [
                ReplyReceived(
                    lead_id=lead_id,
                    channel=inbound.channel,
                    text=inbound.text,
                    intent=Intent(meaning),
                )
                for lead_id in leads[:1]
            ]
            opts_in = meaning is Meaning.OPT_IN
            await deps.leads.reply(key, inbound.phone, params, replies, opts_in=opts_in)
            log.info("reply.received", channel=inbound.channel, intent=meaning, leads=len(leads))
    return Response(twiml.EMPTY, media_type=XML)


@routes.post("/webhooks/brevo", status_code=204)
async def mail_progressed(request: Request, deps: FromApp) -> None:
    """Brevo drops an event that is answered with any error but 429, so that is what an outage says."""
    if not authentic(
        request.headers.get("authorization"), deps.settings.brevo.webhook_token.get_secret_value()
    ):
        log.warning("webhook.signature_invalid", path="/webhooks/brevo")
        raise HTTPException(401)
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
        raise HTTPException(413)
    try:
        events = read_events(json.loads(await request.body()))
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    with tracing.continued({}):
        for event in events:
            try:
                await _mail_event(event, deps)
            except Unavailable:
                raise HTTPException(429, headers={"Retry-After": "30"}) from None


async def _mail_event(event: MailEvent, deps: Deps) -> None:
    key = f"mail/{hashlib.sha256(event.identity.encode()).hexdigest()}"
    body = {"event": event.identity}
    if event.opted_out and event.email:
        await deps.leads.opt_out(f"{key}/out", event.email, Channel.EMAIL, event.opted_out, body)
        log.info("lead.opted_out", channel=Channel.EMAIL, reason=event.opted_out)
    if event.clicked and event.email:
        await deps.leads.alive(event.email)
    touch = _uuid(event.key) or await deps.store.touch_by_ref(event.ref)
    if touch is not None:
        await deps.store.record_callback(key, touch, event.receipt, body)


@routes.get("/baja/{token}", response_class=HTMLResponse)
async def ask_to_unsubscribe(token: str, deps: FromApp) -> str:
    """A page with a button: following the link changes nothing, for mail scanners follow every link."""
    if read_unsubscribe_token(token, deps.settings.link_secret.get_secret_value()) is None:
        raise HTTPException(404)
    return _page(
        "¿Ya no quieres recibir mensajes?",
        "<form method='post'><button>Sí, darme de baja</button></form>",
        deps,
    )


@routes.post("/baja/{token}", response_class=HTMLResponse)
async def unsubscribe(
    token: str, deps: FromApp, wish: Annotated[str, Form(alias=WISH)] = ""
) -> str:
    """The button, or a mail program's one click (RFC 8058); afterwards the way back. Saying it twice is fine."""
    submission_id = read_unsubscribe_token(token, deps.settings.link_secret.get_secret_value())
    found = await deps.leads.form(submission_id) if submission_id is not None else None
    if found is None:
        raise HTTPException(404)
    lead_id, form = found
    address = form.card.email or form.card.phone
    with tracing.continued({}):
        if wish == BACK:
            if address is not None:
                await deps.leads.opt_in(address)
            log.info("lead.opted_in", lead_id=lead_id)
            return _page("Listo, volverás a recibir nuestros mensajes.", "", deps)
        if address is not None:
            await deps.leads.opt_out_at(address, Channel.EMAIL, "unsubscribed")
    log.info("lead.opted_out", lead_id=lead_id, channel=Channel.EMAIL, reason="unsubscribed")
    return _page("Listo, te dimos de baja.", WAY_BACK, deps)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _page(title: str, body: str, deps: Deps) -> str:
    business = html.escape(deps.settings.business_name)
    return (
        f'<!doctype html><html lang="es-MX"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex"><title>{title}</title>'
        f"<body style='font:18px system-ui;max-width:34em;margin:3em auto;padding:0 1em'><h1>{title}</h1>{body}"
        f"<p>{business}</p></html>"
    )
