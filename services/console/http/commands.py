"""What an operator orders by a button: each is said as an event, and carried out by the service that owns it."""

from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator

from contracts.events.base import Event
from contracts.events.booking import BookingAssigned
from contracts.events.cadence import StepSkipped
from contracts.events.lead import LeadErased, LeadPaused, LeadResumed, LeadStopped
from contracts.events.outbound import OutboundPaused, OutboundResumed
from contracts.events.touch import HoldReason, ReleaseTouches, TouchReviewed
from kit.errors import describe
from kit.observability import tracing
from services.console.deps import Deps
from services.console.http.params import MAX_BIGINT, LeadId, storable
from services.console.session import FromApp, Operator, require_operator

log = structlog.get_logger()
routes = APIRouter(prefix="/console", include_in_schema=False)

Text = Annotated[str, Form(max_length=500), AfterValidator(storable)]

COMMANDS = {"pause": LeadPaused, "resume": LeadResumed, "stop": LeadStopped, "erase": LeadErased}
DONE = {
    "pause": "El seguimiento quedó en pausa.",
    "resume": "El seguimiento continúa.",
    "stop": "No se le contactará más.",
    "erase": "Se borran sus datos personales.",
}


@routes.post("/leads/{lead_id}/skip")
async def skip(
    request: Request,
    deps: FromApp,
    user: Operator,
    lead_id: LeadId,
    step: Text,
    booking: Text = "",
) -> RedirectResponse:
    """The step that the operator saw as the next one: another may be the next by now, and is left alone."""
    lead_id = await deps.figures.own_id(lead_id)
    await _say(deps, StepSkipped(lead_id=lead_id, step=step, booking=booking, by=user.name))
    return _back(request, f"/leads/{lead_id}", "Se omite ese paso.")


@routes.post("/leads/{lead_id}/{order}")
async def order_about_lead(
    request: Request,
    deps: FromApp,
    user: Operator,
    lead_id: LeadId,
    order: Literal["pause", "resume", "stop", "erase"],
    sure: Annotated[str, Form()] = "",
    back: Annotated[Literal["lead", "letters"], Form()] = "lead",
) -> RedirectResponse:
    lead_id = await deps.figures.own_id(lead_id)
    page = "/letters" if back == "letters" else f"/leads/{lead_id}"
    if order == "erase" and sure != str(lead_id):
        return _back(
            request, page, "Para borrar sus datos, escribe el número del lead.", tone="doubt"
        )
    await _say(deps, COMMANDS[order](lead_id=lead_id, by=user.name))
    return _back(request, page, DONE[order])


@routes.post("/switch/{way}")
async def switch(
    request: Request,
    deps: FromApp,
    user: Operator,
    way: Literal["pause", "resume"],
    reason: Text = "",
) -> RedirectResponse:
    event = (
        OutboundPaused(by=user.name, reason=reason)
        if way == "pause"
        else OutboundResumed(by=user.name)
    )
    await _say(deps, event)
    return _back(request, "", "Nada sale ya." if way == "pause" else "Todo vuelve a salir.")


@routes.post("/backlog", dependencies=[Depends(require_operator)])
async def backlog(request: Request, deps: FromApp) -> RedirectResponse:
    if not await deps.neighbours.release_backlog():
        return _back(request, "", "El planificador no responde.", tone="bad")
    return _back(request, "", "Los contactos atrasados ya salen.")


@routes.post("/held")
async def release(
    request: Request,
    deps: FromApp,
    user: Operator,
    reason: Annotated[Literal[HoldReason.CAPPED, HoldReason.NUMBER_UNKNOWN], Form()],
    scope: Text,
) -> RedirectResponse:
    """The touches held for this reason in this scope, as the operator saw them."""
    await _say(deps, ReleaseTouches(reason=reason, scope=scope, by=user.name))
    return _back(request, "", "Los contactos retenidos ya salen.")


@routes.post("/letters/{what}")
async def letters(
    request: Request,
    deps: FromApp,
    user: Operator,
    what: Literal["replay", "discard"],
    ids: Annotated[list[str] | None, Form()] = None,
) -> RedirectResponse:
    act = deps.set_aside.replay if what == "replay" else deps.set_aside.discard
    try:
        with tracing.continued({}):
            acted = await act((ids or [])[:1000], user.name)
    except Exception as away:  # whatever a broken connection raises
        log.warning("letters.unavailable", reason=describe(away))
        return _back(request, "/letters", "RabbitMQ no responde: no se hizo nada.", tone="bad")
    done, stayed = len(acted.done), len(acted.stayed)
    if stayed:
        text = "Se reintentan: {}. Se quedan aquí, porque su cola no los recibe: {}."
        return _back(request, "/letters", text, done, stayed, tone="doubt")
    text = "Se reintentan: {}." if what == "replay" else "Se descartaron: {}."
    return _back(request, "/letters", text, done)


@routes.post("/touches")
async def review(
    request: Request,
    deps: FromApp,
    user: Operator,
    lead_id: Annotated[int, Form(gt=0, le=MAX_BIGINT)],
    touch_id: Annotated[str, Form()],
    send: Annotated[bool, Form()] = False,
) -> RedirectResponse:
    """A touch of which nobody knew whether it was sent: the operator has looked."""
    lead_id = await deps.figures.own_id(lead_id)
    known = next(
        (
            one
            for one in await deps.store.unknown_touches()
            if one["detail"]["touch_id"] == touch_id
        ),
        None,
    )
    if known is None or known["lead_id"] != lead_id:
        raise HTTPException(404)
    about = {name: known["detail"][name] for name in ("touch_id", "step", "channel")}
    await _say(deps, TouchReviewed(lead_id=lead_id, send=send, by=user.name, **about))
    return _back(request, "/letters", "Se envía de nuevo." if send else "Se da por revisado.")


@routes.post("/bookings/{uid}/attach")
async def attach(
    request: Request,
    deps: FromApp,
    user: Operator,
    uid: str,
    lead_id: Annotated[int, Form(gt=0, le=MAX_BIGINT)],
) -> RedirectResponse:
    lead_id = await deps.figures.own_id(lead_id)
    if await deps.figures.lead(lead_id) is None:
        return _back(request, "/letters", "No hay un lead con ese número.", tone="doubt")
    await _say(deps, BookingAssigned(lead_id=lead_id, uid=uid, by=user.name))
    return _back(request, "/letters", "La reserva se asigna a ese lead.")


async def _say(deps: Deps, event: Event) -> None:
    with tracing.continued({}):
        await deps.store.publish(event)
    log.info("console.ordered", order=event.topic, lead_id=event.lead_id)


def _back(
    request: Request, page: str, flash: str, *filling: object, tone: str = "good"
) -> RedirectResponse:
    request.session["flash"] = [tone, flash, *filling]
    return RedirectResponse(f"/console{page}", status_code=303)
