"""The ways in, each sending what a person filled in, and the routes by which a test uses them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, HTTPException
from pydantic import BaseModel

from domain.phone import to_e164
from simulator.sources import google, tally, tiktok, typeform, webflow
from simulator.sources.filled_in import Builder, SignedRequest, new_id
from simulator.sources.meta import MetaSimulator
from simulator.twilio import TwilioSimulator
from simulator.world import Callbacks

Door = Literal[
    "facebook", "instagram", "google", "tiktok", "typeform", "tally", "webflow", "whatsapp"
]
# what WhatsApp says of the ad under which somebody began to write
REFERRAL = {
    "ReferralSourceId": "120211234567890123",
    "ReferralSourceType": "ad",
    "ReferralSourceUrl": "https://fb.me/3Example",
    "ReferralHeadline": "Oficinas listas en Monterrey",
    "ReferralBody": "Escríbenos y te decimos el precio hoy mismo.",
    "ReferralNumMedia": "0",
}


class FilledIn(BaseModel):
    """What a person filled in on a platform's form, and how often its webhook comes again.

    `lead` has the names of our own form; any other name is a further question. Each webhook is sent
    up to `tries` times, until it is answered.
    """

    lead: dict[str, str] = {}
    test: bool = False
    again: int = 0
    tries: int = 2


class FilledInAtMeta(FilledIn):
    """A lead form of Facebook (`fb`) or Instagram (`ig`). `lost` is a webhook that never comes."""

    platform: Literal["fb", "ig"] = "fb"
    lost: bool = False
    number_ids: bool = False
    among_others: bool = False


class MetaOddities(BaseModel):
    """How Meta behaves from now on. A missing field changes nothing."""

    token_expired: bool = False
    hides_leads: bool = False
    subscribed: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform's id of what was filled in, and our answer to each webhook: 0 where none."""

    external_id: str
    answers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Doors:
    """Sends what people fill in, as each platform does. `secrets` are the webhooks' own."""

    public_url: str
    region: str
    secrets: Mapping[Builder, str]
    callbacks: Callbacks
    meta: MetaSimulator
    twilio: TwilioSimulator

    async def send(self, door: Door, lead: Mapping[str, str], *, test: bool = False) -> bool:
        """Returns whether the way in answered with a success."""
        match door:
            case "facebook" | "instagram":
                platform: Literal["fb", "ig"] = "fb" if door == "facebook" else "ig"
                answers = (await self.meta.fill_in(lead, platform=platform, test=test)).answers
            case "whatsapp":
                return await self.write_first(lead)
            case _:
                answers = (await self.post(door, FilledIn(lead=dict(lead), test=test))).answers
        return all(200 <= status < 300 for status in answers)

    async def write_first(self, lead: Mapping[str, str]) -> bool:
        """Writes by WhatsApp, from an ad, as somebody whom nobody knows yet."""
        number = to_e164(lead.get("telefono", ""), self.region)
        if number is None:
            return False
        service = lead.get("servicio", "")
        return await self.twilio.write(
            number,
            f"Hola, quiero información: {service}" if service else "Hola, quiero información",
            whatsapp=True,
            name=lead.get("nombre", ""),
            referral=REFERRAL | {"ReferralCtwaClid": f"ARA{new_id(40)}"},
        )

    async def post(self, builder: Builder, filled_in: FilledIn) -> Sent:
        """Posts the webhook `1 + again` times, each time the same bytes."""
        request = self._request(builder, filled_in)
        url = f"{self.public_url}/webhooks/{builder}"
        answered = []
        for _ in range(1 + filled_in.again):
            headers = dict(request.headers)
            answer = await self.callbacks.post(url, request.body, headers, tries=filled_in.tries)
            answered.append(answer.status if answer is not None else 0)
        return Sent(request.external_id, answered)

    def _request(self, builder: Builder, filled_in: FilledIn) -> SignedRequest:
        secret = self.secrets[builder]
        match builder:
            case "google":
                return google.write(filled_in.lead, secret, test=filled_in.test)
            case "tiktok":
                return tiktok.write(filled_in.lead, secret, test=filled_in.test)
            case "typeform":
                return typeform.write(filled_in.lead, secret, test=filled_in.test)
            case "tally":
                return tally.write(filled_in.lead, secret)
            case "webflow":
                return webflow.write(filled_in.lead, secret)


def make_source_routes(doors: Doors) -> APIRouter:
    """Builds the routes by which a test, or the demonstration, sends leads and breaks platforms."""
    routes = APIRouter(prefix="/simulator/sources")
    meta = doors.meta

    @routes.post("/meta/forms")
    async def fill_in_at_meta(filled_in: FilledInAtMeta) -> dict[str, Any]:
        sent = await meta.fill_in(
            filled_in.lead,
            platform=filled_in.platform,
            test=filled_in.test,
            again=filled_in.again,
            tries=filled_in.tries,
            lost=filled_in.lost,
            number_ids=filled_in.number_ids,
            among_others=filled_in.among_others,
        )
        return asdict(sent)

    @routes.get("/meta/leads")
    async def leads_at_meta() -> list[dict[str, Any]]:
        return list(meta.leads.values())

    @routes.post("/meta/handshake")
    async def verify_webhook(
        token: Annotated[str, Body(embed=True)] = "",
    ) -> dict[str, int | str]:
        """Verifies our webhook with this token, or with the right one."""
        status, text = await meta.shake_hands(token)
        return {"status": status, "text": text}

    @routes.put("/meta", status_code=204)
    async def set_meta(oddities: MetaOddities) -> None:
        if "subscribed" in oddities.model_fields_set:
            meta.subscribed = set(meta.pages) if oddities.subscribed else set()
        for name in oddities.model_fields_set - {"subscribed"}:
            setattr(meta, name, getattr(oddities, name))

    @routes.post("/{builder}/forms")
    async def fill_in(builder: Builder, filled_in: FilledIn) -> dict[str, Any]:
        if filled_in.test and builder in ("tally", "webflow"):
            raise HTTPException(422, f"{builder} has no test leads")
        return asdict(await doors.post(builder, filled_in))

    return routes
