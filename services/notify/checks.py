"""What notify depends on at Twilio and Brevo, looked at without sending anything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from journey.settings import load_journey
from kit.checks import Doubt, Probe, Wrong
from providers.brevo.client import BrevoClient
from providers.twilio.client import TwilioClient
from services.notify.companies import open_brevo, open_twilio
from services.notify.settings import Settings

SHARED_WHATSAPP = "+14155238886"  # Twilio's, for trying WhatsApp out


@asynccontextmanager
async def probes(settings: Settings) -> AsyncIterator[list[Probe]]:
    """The looks; what they use is closed afterwards."""
    twilio, brevo = open_twilio(settings), open_brevo(settings)
    try:
        yield [_journey(settings), *_twilio(twilio, settings), *_brevo(brevo, settings)]
    finally:
        await twilio.close()
        await brevo.close()


def _journey(settings: Settings) -> Probe:
    async def look() -> str:
        journey, _ = load_journey(settings, content_sids=set(settings.twilio.content_sid_of))
        return f"{settings.journey_path} is sound, {len(journey.steps)} steps"

    return Probe(about="The journey", advice="See `pauta journey check`.", look=look)


def _twilio(twilio: TwilioClient, settings: Settings) -> list[Probe]:
    mine = settings.twilio
    templates = [
        Probe(
            about=f"Twilio: template {name}",
            advice=f"Have {sid} approved for WhatsApp at Twilio (Content Template Builder), or correct "
            "TWILIO_CONTENT_SIDS. Until then WhatsApp refuses it and the SMS goes in its place.",
            look=partial(_approved, twilio, sid),
        )
        for name, sid in mine.content_sid_of.items()
    ]
    return [
        Probe(
            about="Twilio: account",
            advice="Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, and the account's state and balance at Twilio.",
            look=partial(_account, twilio),
        ),
        Probe(
            about="Twilio: TWILIO_CALLER_ID",
            advice="Buy a number with voice at Twilio, or verify your own under Verified Caller IDs.",
            look=partial(_caller, twilio, mine.caller_id),
        ),
        Probe(
            about="Twilio: TWILIO_SMS_SENDER",
            advice="Use a number of this account that can send SMS.",
            look=partial(_sms_sender, twilio, mine.sms_sender),
        ),
        Probe(
            about="Twilio: TWILIO_WHATSAPP_SENDER",
            advice="Register the number as a WhatsApp sender at Twilio and wait until it is ONLINE.",
            look=partial(_whatsapp_sender, twilio, mine.whatsapp_sender, real=mine.real),
        ),
        *templates,
    ]


async def _account(twilio: TwilioClient) -> str:
    account = await twilio.account()
    if account.status != "active":
        raise Wrong(f"the account is {account.status}")
    if account.trial:
        raise Doubt("a trial account: it reaches verified numbers only, and says so in each call")
    return "active"


async def _caller(twilio: TwilioClient, number: str) -> str:
    able = await twilio.abilities_of(number)
    if able is None:
        if await twilio.is_verified(number):
            return f"{number} is verified"
        raise Wrong(f"{number} is neither a number of this account nor verified")
    if "voice" not in able:
        raise Wrong(f"{number} cannot call")
    return f"{number} can call"


async def _sms_sender(twilio: TwilioClient, number: str) -> str:
    able = await twilio.abilities_of(number)
    if able is None:
        raise Wrong(f"{number} is not a number of this account")
    if "sms" not in able:
        raise Wrong(f"{number} cannot send SMS")
    return f"{number} can send SMS"


async def _whatsapp_sender(twilio: TwilioClient, number: str, *, real: bool) -> str:
    if number == SHARED_WHATSAPP and real:
        raise Doubt(f"{number} is Twilio's own for trying out: it reaches only who has joined it")
    status = await twilio.whatsapp_status(number)
    if status is None:
        raise Wrong(f"{number} is not a WhatsApp sender of this account")
    if not status.startswith("ONLINE"):
        raise Wrong(f"{number} is {status}")
    return f"{number} is online"


async def _approved(twilio: TwilioClient, sid: str) -> str:
    status = await twilio.approval_of(sid)
    if status is None:
        raise Wrong(f"there is no template {sid}")
    if status != "approved":
        raise Wrong(f"{sid} is {status}")
    return "approved"


def _brevo(brevo: BrevoClient, settings: Settings) -> list[Probe]:
    return [
        Probe(
            about="Brevo: key and sender",
            advice="Check BREVO_API_KEY, this server's address under Brevo's authorised IPs, and that "
            "BREVO_SENDER_EMAIL is confirmed under Senders, or its domain authenticated.",
            look=partial(_sender, brevo, settings.brevo.sender_email.lower()),
        )
    ]


async def _sender(brevo: BrevoClient, address: str) -> str:
    confirmed = (await brevo.senders()).get(address)
    if confirmed:
        return "the sender is confirmed"
    if address.partition("@")[2] in await brevo.authenticated_domains():
        return "the sender's domain is authenticated"
    raise Wrong("the sender is not confirmed" if confirmed is False else "Brevo does not know the sender")
