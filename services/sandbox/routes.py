"""What a test, or a person playing the lead, asks of the pretended world."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body
from pydantic import BaseModel

from providers.brevo.sandbox import BrevoSandbox
from providers.kommo.sandbox import KommoSandbox
from providers.sandbox import Fault, World
from providers.twilio.sandbox import TwilioSandbox


class Written(BaseModel):
    """A message the lead writes to us."""

    phone: str
    text: str
    channel: Literal["whatsapp", "sms"] = "whatsapp"


def make_routes(world: World, kommo: KommoSandbox, brevo: BrevoSandbox, twilio: TwilioSandbox) -> APIRouter:
    """Everything received, and faults on demand."""
    routes = APIRouter(prefix="/sandbox")

    @routes.get("/calls")
    async def calls(to: str = "") -> list[dict[str, Any]]:
        return [asdict(call) for call in twilio.calls.values() if to in ("", call.to)]

    @routes.get("/calls/times")
    async def call_times() -> list[dict[str, Any]]:
        return [{"to": call.to, "at": call.at} for call in twilio.calls.values()]

    @routes.get("/messages")
    async def messages(to: str = "") -> list[dict[str, Any]]:
        return [asdict(text) for text in twilio.texts.values() if to in ("", text.to.removeprefix("whatsapp:"))]

    @routes.get("/emails")
    async def emails(to: str = "") -> list[dict[str, Any]]:
        return [asdict(mail) for mail in brevo.mails.values() if to in ("", mail.to)]

    @routes.get("/kommo")
    async def kommo_state() -> dict[str, Any]:
        return {"leads": list(kommo.leads.values()), "contacts": list(kommo.contacts.values()), "notes": kommo.notes}

    @routes.get("/requests")
    async def requests(provider: str = "") -> list[dict[str, Any]]:
        return [one for one in world.requests() if provider in ("", one["provider"])]

    @routes.get("/callbacks/lost")
    async def lost() -> Sequence[str]:
        return twilio.callbacks.lost

    @routes.get("/faults")
    async def faults() -> list[Fault]:
        return world.faults

    @routes.post("/faults", status_code=204)
    async def order(fault: Fault) -> None:
        world.faults.append(fault)

    @routes.delete("/faults", status_code=204)
    async def mend() -> None:
        world.faults.clear()

    @routes.put("/latency", status_code=204)
    async def slow_down(latency: Annotated[dict[str, float], Body()]) -> None:
        world.latency.update(latency)

    @routes.post("/kommo/contacts", status_code=201)
    async def add_contact(body: Annotated[dict[str, Any], Body()]) -> dict[str, int]:
        return {"id": kommo.add_contact(body)}

    @routes.post("/write", status_code=204)
    async def write(written: Written) -> None:
        await twilio.write(written.phone, written.text, whatsapp=written.channel == "whatsapp")

    return routes
