"""The console's buttons: each publishes a command to the service that carries it out."""

from typing import Annotated, Literal
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator

from contracts.commands.address import RestoreAddress
from contracts.commands.base import Command
from contracts.commands.lead import (
    AssignBooking,
    EraseLead,
    PauseLead,
    RestoreLead,
    ResumeLead,
    SkipStep,
    StopLead,
)
from contracts.commands.outbound import PauseOutbound, ResumeOutbound
from contracts.commands.touch import ReleaseTouches, ResolveTouch
from contracts.events.reply import ReplyAttended
from contracts.events.touch import HoldReason
from kit.errors import describe
from kit.observability import tracing
from services.console.decisions.messages import gettext_noop as _
from services.console.deps import Deps, HttpDeps
from services.console.http.params import MAX_BIGINT, LeadId, storable
from services.console.session import Operator, require_operator

log = structlog.get_logger()
routes = APIRouter(prefix="/console", include_in_schema=False)

Text = Annotated[str, Form(max_length=500), AfterValidator(storable)]

COMMANDS = {
    "pause": PauseLead,
    "resume": ResumeLead,
    "stop": StopLead,
    "restore": RestoreLead,
    "erase": EraseLead,
}
DONE = {
    "pause": _("Pausing the follow-up…"),
    "resume": _("Resuming the follow-up…"),
    "stop": _("All contact is being stopped."),
    "restore": _("Taking the stop back…"),
    "erase": _("Erasing personal data…"),
}


@routes.post("/leads/{lead_id}/skip")
async def skip(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    lead_id: LeadId,
    step: Text,
    booking: Text = "",
) -> RedirectResponse:
    """Skips the step that the operator saw as the next one, and no other that is next by now."""
    lead_id = await deps.metrics.own_id(lead_id)
    await publish(deps, SkipStep(lead_id=lead_id, step=step, booking=booking, by=user.name))
    return return_to(request, f"/leads/{lead_id}", _("Skipping that step…"))


@routes.post("/leads/{lead_id}/{action}")
async def command_lead(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    lead_id: LeadId,
    action: Literal["pause", "resume", "stop", "restore", "erase"],
    sure: Annotated[str, Form()] = "",
    back: Annotated[Literal["lead", "letters"], Form()] = "lead",
) -> RedirectResponse:
    lead_id = await deps.metrics.own_id(lead_id)
    page = "/letters" if back == "letters" else f"/leads/{lead_id}"
    if action == "erase" and sure != str(lead_id):
        return return_to(
            request, page, _("To erase the data, type the lead's number."), tone="doubt"
        )
    await publish(deps, COMMANDS[action](lead_id=lead_id, by=user.name))
    return return_to(request, page, DONE[action])


@routes.post("/switch/{action}")
async def switch(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    action: Literal["pause", "resume"],
    reason: Text = "",
) -> RedirectResponse:
    if action == "pause":
        await publish(deps, PauseOutbound(by=user.name, reason=reason))
        return return_to(request, "", _("Pausing all outbound…"))
    await publish(deps, ResumeOutbound(by=user.name))
    return return_to(request, "", _("Resuming outbound…"))


@routes.post("/backlog", dependencies=[Depends(require_operator)])
async def backlog(request: Request, deps: HttpDeps) -> RedirectResponse:
    if not await deps.services.release_backlog():
        return return_to(request, "", _("The scheduler does not answer."), tone="bad")
    return return_to(request, "", _("Overdue touches released."))


@routes.post("/held")
async def release(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    reason: Annotated[Literal[HoldReason.CAPPED, HoldReason.NUMBER_UNKNOWN], Form()],
    scope: Text,
) -> RedirectResponse:
    """Releases the touches held for this reason in this scope, as the operator saw them."""
    await publish(deps, ReleaseTouches(reason=reason, scope=scope, by=user.name))
    return return_to(request, "", _("Releasing the held touches…"))


@routes.post("/addresses")
async def restore_address(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    address: Text,
    lead_id: Annotated[int, Form(ge=0, le=MAX_BIGINT)] = 0,
) -> RedirectResponse:
    """Lets touches go to a suspended address again."""
    await publish(deps, RestoreAddress(lead_id=lead_id, address=address, by=user.name))
    return return_to(request, "/addresses", _("The address is being restored…"))


@routes.post("/letters/{action}")
async def letters(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    action: Literal["replay", "discard"],
    ids: Annotated[list[str] | None, Form()] = None,
) -> RedirectResponse:
    act = deps.failed_work.replay if action == "replay" else deps.failed_work.discard
    try:
        with tracing.continued({}):
            result = await act((ids or [])[:1000], user.name)
    except Exception as unavailable:  # a broken connection raises many kinds
        log.warning("letters.unavailable", reason=describe(unavailable))
        return return_to(
            request, "/letters", _("RabbitMQ does not answer: nothing was done."), tone="bad"
        )
    done = len(result.done)
    stayed = len(result.stayed)
    if stayed:
        text = _("Replayed: {}. Left here, because their queue does not accept them: {}.")
        return return_to(request, "/letters", text, done, stayed, tone="doubt")
    text = _("Replayed: {}.") if action == "replay" else _("Discarded: {}.")
    return return_to(request, "/letters", text, done)


@routes.post("/touches")
async def review(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    lead_id: Annotated[int, Form(gt=0, le=MAX_BIGINT)],
    touch_id: Annotated[str, Form()],
    send: Annotated[bool, Form()] = False,
) -> RedirectResponse:
    """Resolves a touch whose outcome was unknown, as the operator found out."""
    lead_id = await deps.metrics.own_id(lead_id)
    for action in await deps.actions.unknown_touches():
        touch = action["detail"]
        if touch["touch_id"] == touch_id and action["lead_id"] == lead_id:
            break
    else:
        raise HTTPException(404)
    command = ResolveTouch(
        lead_id=lead_id,
        touch_id=touch["touch_id"],
        step=touch["step"],
        channel=touch["channel"],
        send=send,
        by=user.name,
    )
    await publish(deps, command)
    return return_to(
        request, "/letters", _("It will be sent again.") if send else _("Marked as checked.")
    )


@routes.post("/replies/{reply_id}/attended")
async def attend_reply(
    request: Request, deps: HttpDeps, user: Operator, reply_id: UUID
) -> RedirectResponse:
    """Records that an operator has attended to a reply of no lead."""
    attended = ReplyAttended(lead_id=0, reply_id=str(reply_id), by=user.name)
    await publish(deps, attended)
    return return_to(request, "/letters", _("Marked as attended."))


@routes.post("/bookings/{uid}/attach")
async def attach(
    request: Request,
    deps: HttpDeps,
    user: Operator,
    uid: str,
    lead_id: Annotated[int, Form(gt=0, le=MAX_BIGINT)],
) -> RedirectResponse:
    lead_id = await deps.metrics.own_id(lead_id)
    if await deps.metrics.lead(lead_id) is None:
        return return_to(request, "/letters", _("There is no lead with that number."), tone="doubt")
    await publish(deps, AssignBooking(lead_id=lead_id, uid=uid, by=user.name))
    return return_to(request, "/letters", _("Assigning the booking to that lead…"))


async def publish(deps: Deps, message: Command | ReplyAttended) -> None:
    with tracing.continued({}):
        await deps.actions.publish(message)
    log.info("command.published", command=message.topic, lead_id=message.lead_id)


def return_to(
    request: Request, page: str, flash: str, *values: object, tone: str = "good"
) -> RedirectResponse:
    request.session["flash"] = [tone, flash, *values]
    return RedirectResponse(f"/console{page}", status_code=303)
