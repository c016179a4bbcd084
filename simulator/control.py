"""Routes by which a test, or a person playing the lead, controls the simulated providers."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body
from pydantic import AwareDatetime, BaseModel, Field

from simulator.brevo import BrevoSimulator
from simulator.calcom import CalcomSimulator
from simulator.kommo import PERSON_USER_ID, KommoSimulator
from simulator.twilio import Manner, TwilioSimulator
from simulator.world import CallbackProfile, Fault, World


class Written(BaseModel):
    """A message from the lead to us.

    `media` is the type of a file that comes with it, such as `audio/ogg`. With `hidden`, WhatsApp
    shows an id instead of the number. It replies to the message with the provider's id `answers`.
    `referral` has Twilio's own names. `copies` of the message come at once.
    """

    phone: str
    text: str = ""
    channel: Literal["whatsapp", "sms"] = "whatsapp"
    media: str = ""
    hidden: bool = False
    answers: str = ""
    name: str = "Ana"
    referral: dict[str, str] = {}
    copies: int = 1


class WrittenMail(BaseModel):
    """A mail from the lead to us, to the mail with the id `answers`, or by itself."""

    email: str
    text: str = ""
    subject: str = "Re: Hola"
    answers: str = ""
    headers: dict[str, str] = {}


class BookingRequest(BaseModel):
    """A slot that somebody takes by a booking link.

    With `confirm` the host has yet to accept. `seats` makes it a group event, `weeks` a series.
    """

    link: str
    start: AwareDatetime
    minutes: float = 30
    confirm: bool = False
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    seats: int | None = None
    weeks: Annotated[int, Field(ge=1, le=52)] = 1


class MoveByHand(BaseModel):
    """A move in Kommo by a user: 0 is a robot, or a person whom Kommo does not name."""

    status_id: int
    pipeline_id: int | None = None
    by: int | None = PERSON_USER_ID


class KommoOddities(BaseModel):
    """How the account of Kommo behaves from now on. A missing field changes nothing."""

    merges_duplicates: bool = False
    hides_users: bool = False
    moved_to: str | None = None


class Hooks(BaseModel):
    """How Cal.com's webhooks behave from now on. A missing field changes nothing."""

    silent: bool | None = None
    copies: int | None = None


class TemplateState(BaseModel):
    """The code with which a template's messages fail, such as 63041 for paused; None for none."""

    code: int | None = None


class MailRefusal(BaseModel):
    """What Brevo answers to every mail from now on."""

    status: int = 400
    code: str = "invalid_parameter"
    message: str = ""


def make_routes(
    world: World,
    kommo: KommoSimulator,
    brevo: BrevoSimulator,
    twilio: TwilioSimulator,
    calcom: CalcomSimulator,
) -> APIRouter:
    """Builds the routes that list all received requests and inject faults."""
    routes = APIRouter(prefix="/simulator")

    @routes.get("/calls")
    async def calls(to: str = "") -> list[dict[str, Any]]:
        return [asdict(call) for call in twilio.calls.values() if to in ("", call.to)]

    @routes.get("/touches")
    async def touches() -> list[dict[str, str]]:
        """Returns every call, message and email carried out, with the touch that asked for it."""
        return [*twilio.touches(), *brevo.touches()]

    @routes.get("/calls/times")
    async def call_times() -> list[dict[str, Any]]:
        return [
            {"to": call.to, "at": call.at, "in_silence": call.in_silence}
            for call in twilio.calls.values()
        ]

    @routes.get("/messages")
    async def messages(to: str = "") -> list[dict[str, Any]]:
        return [
            asdict(text)
            for text in twilio.texts.values()
            if to in ("", text.to.removeprefix("whatsapp:"))
        ]

    @routes.get("/emails")
    async def emails(to: str = "") -> list[dict[str, Any]]:
        return [asdict(mail) for mail in brevo.mails.values() if to in ("", mail.to)]

    @routes.get("/kommo")
    async def kommo_state() -> dict[str, Any]:
        return {
            "leads": list(kommo.leads.values()),
            "contacts": list(kommo.contacts.values()),
            "notes": kommo.notes,
        }

    @routes.get("/requests")
    async def requests(provider: str = "") -> list[dict[str, Any]]:
        return [seen for seen in world.requests() if provider in ("", seen["provider"])]

    @routes.get("/callbacks/lost")
    async def lost() -> Sequence[str]:
        return twilio.callbacks.lost

    @routes.put("/callbacks", status_code=204)
    async def set_callback_profile(profile: CallbackProfile) -> None:
        twilio.callbacks.profile = profile

    @routes.get("/faults")
    async def faults() -> list[Fault]:
        return world.faults

    @routes.post("/faults", status_code=204)
    async def inject_fault(fault: Fault) -> None:
        world.faults.append(fault)

    @routes.delete("/faults", status_code=204)
    async def clear_faults() -> None:
        world.faults.clear()

    @routes.put("/latency", status_code=204)
    async def set_latency(latency: Annotated[dict[str, float], Body()]) -> None:
        world.latency.update(latency)

    @routes.post("/kommo/contacts", status_code=201)
    async def add_contact(body: Annotated[dict[str, Any], Body()]) -> dict[str, int]:
        return {"id": kommo.add_contact(body)}

    @routes.delete("/kommo/contacts/{contact_id}", status_code=204)
    async def delete_contact(contact_id: int) -> None:
        kommo.delete_contact(contact_id)

    @routes.post("/kommo/contacts/{kept_id}/merge/{gone_id}", status_code=204)
    async def merge_contacts(kept_id: int, gone_id: int) -> None:
        kommo.merge_contacts(kept_id, gone_id)

    @routes.put("/kommo/fields/{field_id}", status_code=204)
    async def put_field(field_id: int, description: Annotated[dict[str, Any], Body()]) -> None:
        kommo.add_field(field_id, description)

    @routes.put("/kommo/pipelines/{pipeline_id}/stages/{status_id}", status_code=204)
    async def put_stage(
        pipeline_id: int, status_id: int, incoming: bool = False, name: str = ""
    ) -> None:
        kommo.put_stage(pipeline_id, status_id, incoming=incoming, name=name)

    @routes.put("/kommo/account", status_code=204)
    async def set_account(oddities: KommoOddities) -> None:
        for name in oddities.model_fields_set:
            setattr(kommo, name, getattr(oddities, name))

    @routes.put("/kommo/access_token", status_code=204)
    async def replace_access_token(token: Annotated[str, Body(embed=True)]) -> None:
        kommo.replace_access_token(token)

    @routes.post("/kommo/tokens/revoke", status_code=204)
    async def revoke_tokens() -> None:
        kommo.revoke_tokens()

    @routes.post("/kommo/tokens/{refresh_token}", status_code=204)
    async def authorize(refresh_token: str) -> None:
        kommo.authorize(refresh_token)

    @routes.post("/kommo/{lead_id}/move", status_code=204)
    async def move_lead(lead_id: int, move: MoveByHand) -> None:
        await kommo.move_by_hand(lead_id, move.status_id, pipeline_id=move.pipeline_id, by=move.by)

    @routes.post("/kommo/{lead_id}/delete", status_code=204)
    async def delete_lead(lead_id: int) -> None:
        await kommo.delete_by_hand(lead_id)

    @routes.post("/write")
    async def write(written: Written) -> dict[str, bool]:
        """Writes to us as the lead. Returns whether our webhook answered with a success."""
        answered = await twilio.write(
            written.phone,
            written.text,
            whatsapp=written.channel == "whatsapp",
            media=written.media,
            hidden=written.hidden,
            answers=written.answers,
            name=written.name,
            referral=written.referral,
            copies=written.copies,
        )
        return {"answered": answered}

    @routes.post("/write/email")
    async def write_mail(written: WrittenMail) -> dict[str, bool]:
        """Mails to us as the lead. Returns whether our webhook answered with a success."""
        answered = await brevo.receive(
            written.email,
            written.text,
            subject=written.subject,
            answers=written.answers,
            headers=written.headers,
        )
        return {"answered": answered}

    routes.include_router(_calendar_routes(calcom))
    routes.include_router(_oddity_routes(brevo, twilio))
    return routes


def _oddity_routes(brevo: BrevoSimulator, twilio: TwilioSimulator) -> APIRouter:
    """Builds the routes that make people, templates and our sender behave oddly."""
    routes = APIRouter()

    @routes.put("/people/{phone}", status_code=204)
    async def set_manner(
        phone: str,
        hangs_up_after: Annotated[float, Body(ge=0)] = 0.0,
        answered_by: Annotated[str, Body()] = "human",
        enters: Annotated[tuple[str, ...], Body()] = (),
    ) -> None:
        """Makes somebody hang up after so many seconds of every call's text, or answer the menu."""
        twilio.manners[phone] = Manner(hangs_up_after, answered_by, enters)

    @routes.put("/templates/{sid}", status_code=204)
    async def set_template(sid: str, state: TemplateState) -> None:
        if state.code is None:
            twilio.failing_templates.pop(sid, None)
        else:
            twilio.failing_templates[sid] = state.code

    @routes.put("/brevo/refusal", status_code=204)
    async def refuse_mail(refusal: MailRefusal) -> None:
        """Makes Brevo refuse every mail, as it does for a sender that is not confirmed."""
        brevo.refusal = (refusal.status, refusal.code, refusal.message)

    @routes.delete("/brevo/refusal", status_code=204)
    async def accept_mail() -> None:
        brevo.refusal = None

    return routes


def _calendar_routes(calcom: CalcomSimulator) -> APIRouter:
    """Builds the routes for the actions of guests and the host in the calendar."""
    routes = APIRouter(prefix="/calcom")

    @routes.get("")
    async def bookings() -> list[dict[str, Any]]:
        return [asdict(booked) for booked in calcom.bookings.values()]

    @routes.post("/book")
    async def book(request: BookingRequest) -> dict[str, str]:
        return {"uid": await calcom.book(**dict(request))}

    @routes.post("/ping", status_code=204)
    async def ping() -> None:
        await calcom.ping()

    @routes.put("/webhooks", status_code=204)
    async def webhooks(hooks: Hooks) -> None:
        if hooks.silent is not None:
            calcom.silent = hooks.silent
        if hooks.copies is not None:
            calcom.copies = hooks.copies

    @routes.post("/{uid}/move")
    async def move(
        uid: str,
        start: Annotated[AwareDatetime, Body()],
        repeat_metadata: Annotated[bool, Body()] = False,
    ) -> dict[str, str]:
        return {"uid": await calcom.move(uid, start=start, repeat_metadata=repeat_metadata)}

    @routes.post("/{uid}/cancel", status_code=204)
    async def cancel(uid: str, reason: Annotated[str, Body(embed=True)] = "") -> None:
        await calcom.cancel(uid, reason)

    @routes.post("/{uid}/accept", status_code=204)
    async def accept(uid: str, by_api: Annotated[bool, Body(embed=True)] = False) -> None:
        await calcom.accept(uid, by_api=by_api)

    @routes.post("/{uid}/reject", status_code=204)
    async def reject(uid: str) -> None:
        await calcom.reject(uid)

    @routes.post("/{uid}/end", status_code=204)
    async def end(uid: str) -> None:
        await calcom.end(uid)

    @routes.post("/{uid}/no_show", status_code=204)
    async def no_show(
        uid: str, absent: Annotated[bool, Body()] = True, host: Annotated[bool, Body()] = False
    ) -> None:
        await calcom.no_show(uid, absent=absent, host=host)

    @routes.post("/{uid}/join", status_code=204)
    async def join(uid: str, name: Annotated[str, Body()], email: Annotated[str, Body()]) -> None:
        await calcom.take_seat(uid, name=name, email=email)

    @routes.post("/{uid}/move_seat")
    async def move_seat(
        uid: str, email: Annotated[str, Body()], start: Annotated[AwareDatetime, Body()]
    ) -> dict[str, str]:
        return {"uid": await calcom.move_seat(uid, email=email, start=start)}

    @routes.post("/{uid}/leave", status_code=204)
    async def leave(uid: str, email: Annotated[str, Body(embed=True)]) -> None:
        await calcom.give_up_seat(uid, email=email)

    return routes
