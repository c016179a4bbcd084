"""Checks notify's accounts at Twilio and Brevo, without sending anything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import jinja2

from contracts.events.touch import Channel
from domain.journey.model import Journey
from domain.journey.parser import InvalidJourney
from domain.journey.settings import load_journey
from domain.journey.texts import NO_CALL
from kit.errors import Unavailable
from kit.health import CheckFailed, CheckWarning, Dependency, Probe, Text, name
from providers.brevo.client import BrevoClient, Mail
from providers.errors import CredentialsRejected, OutcomeUnknown, RefusedTouch
from providers.twilio.client import TwilioClient, is_service
from services.notify.provider_clients import open_brevo, open_twilio
from services.notify.senders import PLACES
from services.notify.settings import Settings

SHARED_WHATSAPP = "+14155238886"  # Twilio's number for trying WhatsApp out
SHOWN_CHARACTERS = 40  # of two texts that differ
TWILIO, BREVO = name("Twilio"), name("Brevo")
TWILIO_KEY = Text(
    es="Copia TWILIO_ACCOUNT_SID y TWILIO_AUTH_TOKEN de la consola de Twilio; "
    "mira ahí si la cuenta está activa.",
    en="Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console; "
    "see there that the account is active.",
)
BREVO_KEY = Text(
    es="Revisa BREVO_API_KEY, y en Brevo que la dirección de este servidor esté entre las "
    "IP autorizadas (Security, Authorised IPs).",
    en="Check BREVO_API_KEY, and at Brevo that this server's address is among the authorised "
    "ones (Security, Authorised IPs).",
)


@asynccontextmanager
async def probes(settings: Settings) -> AsyncIterator[list[Probe]]:
    """Yields the probes, and closes their clients afterwards."""
    twilio = open_twilio(settings)
    brevo = open_brevo(settings)
    try:
        yield [_journey(settings), *_twilio(twilio, settings), *_brevo(brevo, settings)]
    finally:
        await twilio.close()
        await brevo.close()


def _journey(settings: Settings) -> Probe:
    async def check() -> Text:
        try:
            journey, _ = load_journey(settings, content_sids=set(settings.twilio.content_sid_of))
        except InvalidJourney as invalid:
            mistakes = "; ".join(map(str, invalid.mistakes))
            raise CheckFailed(
                Text(es=f"tiene errores: {mistakes}", en=f"has mistakes: {mistakes}")
            ) from None
        _check_uncalled(journey, settings)
        path = settings.journey_path
        steps = len(journey.written_steps)
        return Text(es=f"{path} está bien, {steps} pasos", en=f"{path} is sound, {steps} steps")

    return Probe(
        about=Text(es="El recorrido", en="The journey"),
        advice=Text(es="Mira `pauta journey check`.", en="See `pauta journey check`."),
        check=check,
    )


def _check_uncalled(journey: Journey, settings: Settings) -> None:
    """Warns where WhatsApp has no template for what follows a call that was not placed."""
    missing = [
        step.template + NO_CALL
        for step in journey.steps
        if Channel.CALL in step.channels[:-1]
        and Channel.WHATSAPP in step.channels
        and step.template + NO_CALL not in settings.twilio.content_sid_of
    ]
    if missing and not journey.demonstration:
        names = ", ".join(missing)
        raise CheckWarning(
            Text(
                es=f"WhatsApp no tiene plantilla para {names}",
                en=f"WhatsApp has no template for {names}",
            ),
            advice=Text(
                es="Agrégala a TWILIO_CONTENT_SIDS. Mientras, una llamada que no se pudo hacer "
                "sigue por el medio que viene después de WhatsApp.",
                en="Add it to TWILIO_CONTENT_SIDS. Until then, a call that could not be placed "
                "goes on by the channel after WhatsApp.",
            ),
        )


def _twilio(twilio: TwilioClient, settings: Settings) -> list[Probe]:
    twilio_settings = settings.twilio
    account = Dependency(
        name=TWILIO,
        address=twilio_settings.base_url,
        advice=Text(
            es="Revisa TWILIO_BASE_URL (https://api.twilio.com) y que este servidor salga a "
            "Internet; si está bien, la falla es de Twilio: espera (status.twilio.com).",
            en="Check TWILIO_BASE_URL (https://api.twilio.com) and that this server reaches the "
            "Internet; if so, the failure is Twilio's: wait (status.twilio.com).",
        ),
        key="TWILIO_AUTH_TOKEN",
        refusals={401: TWILIO_KEY, 403: TWILIO_KEY},
    )
    templates = [
        Probe(
            about=Text(es=f"Twilio: plantilla {template}", en=f"Twilio: template {template}"),
            advice=Text(
                es=f"Haz que WhatsApp apruebe {sid} en Twilio (Content Template Builder), "
                "o corrige TWILIO_CONTENT_SIDS. Mientras, WhatsApp la rechaza y en su lugar "
                "sale el SMS.",
                en=f"Have {sid} approved for WhatsApp at Twilio (Content Template Builder), "
                "or correct TWILIO_CONTENT_SIDS. Until then WhatsApp refuses it and the SMS "
                "goes in its place.",
            ),
            check=partial(_approved, twilio, settings, template, sid),
            of=account,
        )
        for template, sid in twilio_settings.content_sid_of.items()
    ]
    senders = [
        Probe(
            about=Text(es="Twilio: cuenta", en="Twilio: account"),
            advice=Text(
                es="Mira en Twilio el estado de la cuenta y su saldo.",
                en="See the account's state and balance at Twilio.",
            ),
            check=partial(_account, twilio),
            of=account,
        ),
        Probe(
            about=name("Twilio: TWILIO_CALLER_ID"),
            advice=Text(
                es="Compra en Twilio un número con voz, o verifica el tuyo en Verified Caller IDs.",
                en="Buy a number with voice at Twilio, or verify your own under "
                "Verified Caller IDs.",
            ),
            check=partial(_caller, twilio, twilio_settings.caller_id),
            of=account,
        ),
        Probe(
            about=name("Twilio: TWILIO_SMS_SENDER"),
            advice=Text(
                es="Usa un número de esta cuenta que pueda mandar SMS, o el SID (MG…) de un "
                "Messaging Service que lo tenga.",
                en="Use a number of this account that can send SMS, or the SID (MG…) of a "
                "Messaging Service that has one.",
            ),
            check=partial(_sms_sender, twilio, twilio_settings.sms_sender),
            of=account,
        ),
        Probe(
            about=name("Twilio: TWILIO_WHATSAPP_SENDER"),
            advice=Text(
                es="Registra el número en Twilio como remitente de WhatsApp y espera a que "
                "diga ONLINE.",
                en="Register the number as a WhatsApp sender at Twilio and wait until it is "
                "ONLINE.",
            ),
            check=partial(
                _whatsapp_sender,
                twilio,
                twilio_settings.whatsapp_sender.removeprefix("whatsapp:"),
                is_live=twilio_settings.is_live,
            ),
            of=account,
        ),
    ]
    return senders + templates


async def _account(twilio: TwilioClient) -> Text:
    account = await twilio.account()
    if account.status != "active":
        raise CheckFailed(
            Text(es=f"la cuenta está {account.status}", en=f"the account is {account.status}")
        )
    if account.trial:
        raise CheckWarning(
            Text(
                es="es cuenta de prueba: solo llega a números verificados, y lo dice en cada "
                "llamada",
                en="a trial account: it reaches verified numbers only, and says so in each call",
            )
        )
    return Text(es="activa", en="active")


async def _caller(twilio: TwilioClient, number: str) -> Text:
    able = await twilio.abilities_of(number)
    if able is None:
        if await twilio.is_verified(number):
            return Text(es=f"{number} está verificado", en=f"{number} is verified")
        raise CheckFailed(
            Text(
                es=f"{number} ni es un número de esta cuenta ni está verificado",
                en=f"{number} is neither a number of this account nor verified",
            )
        )
    if "voice" not in able:
        raise CheckFailed(Text(es=f"{number} no puede llamar", en=f"{number} cannot call"))
    return Text(es=f"{number} puede llamar", en=f"{number} can call")


async def _sms_sender(twilio: TwilioClient, number: str) -> Text:
    if is_service(number):
        senders = await _senders_of(twilio, number)
        numbers = [sender for sender in senders if not sender.startswith("whatsapp:")]
        return _service_with(numbers, number, of="SMS")
    able = await twilio.abilities_of(number)
    if able is None:
        raise CheckFailed(
            Text(
                es=f"{number} no es un número de esta cuenta",
                en=f"{number} is not a number of this account",
            )
        )
    if "sms" not in able:
        raise CheckFailed(Text(es=f"{number} no puede mandar SMS", en=f"{number} cannot send SMS"))
    return Text(es=f"{number} puede mandar SMS", en=f"{number} can send SMS")


async def _senders_of(twilio: TwilioClient, service: str) -> list[str]:
    senders = await twilio.senders_of(service)
    if senders is None:
        raise CheckFailed(
            Text(
                es=f"{service} no es un Messaging Service de esta cuenta",
                en=f"{service} is not a Messaging Service of this account",
            )
        )
    return senders


def _service_with(senders: list[str], service: str, *, of: str) -> Text:
    if not senders:
        raise CheckFailed(
            Text(
                es=f"{service} no tiene un remitente de {of}",
                en=f"{service} has no sender of {of}",
            )
        )
    names = ", ".join(senders)
    return Text(es=f"{service} manda desde {names}", en=f"{service} sends from {names}")


async def _whatsapp_sender(twilio: TwilioClient, number: str, *, is_live: bool) -> Text:
    if number == SHARED_WHATSAPP and is_live:
        raise CheckWarning(
            Text(
                es=f"{number} es el de Twilio para probar: solo llega a quien se apuntó",
                en=f"{number} is Twilio's own for trying out: it reaches only people who joined it",
            )
        )
    if is_service(number):
        senders = await _senders_of(twilio, number)
        numbers = [sender for sender in senders if sender.startswith("whatsapp:")]
        return _service_with(numbers, number, of="WhatsApp")
    status = await twilio.whatsapp_status(number)
    if status is None:
        raise CheckFailed(
            Text(
                es=f"{number} no es un remitente de WhatsApp de esta cuenta",
                en=f"{number} is not a WhatsApp sender of this account",
            )
        )
    if not status.startswith("ONLINE"):
        raise CheckFailed(Text(es=f"{number} está {status}", en=f"{number} is {status}"))
    return Text(es=f"{number} está en línea", en=f"{number} is online")


async def _approved(twilio: TwilioClient, settings: Settings, template: str, sid: str) -> Text:
    status = await twilio.approval_of(sid)
    if status is None:
        raise CheckFailed(Text(es=f"no hay plantilla {sid}", en=f"there is no template {sid}"))
    if status != "approved":
        raise CheckFailed(Text(es=f"{sid} está {status}", en=f"{sid} is {status}"))
    file, own_text = _own_text(settings, template)
    approved_text = await twilio.body_of(sid)
    if own_text is None or approved_text is None:
        return Text(es="aprobada", en="approved")
    if difference := _difference(own_text, approved_text):
        own, approved = difference
        raise CheckWarning(
            Text(
                es=f"no dice lo mismo que {file}: ahí «{own}», en Twilio «{approved}»",
                en=f'differs from {file}: "{own}" there, "{approved}" at Twilio',
            ),
            advice=Text(
                es=f"Las personas leen lo aprobado. Copia ese texto a {file}, o pide otra "
                "plantilla con el tuyo.",
                en=f"People read the approved text. Copy it into {file}, or have a template with "
                "yours approved.",
            ),
        )
    return Text(es="aprobada, con nuestro texto", en="approved, with our text")


def _own_text(settings: Settings, template: str) -> tuple[Path, str | None]:
    """Returns the file of `welcome`, or of `welcome.en`, and its text with a number for each value.

    The text is None where there is no such file.
    """
    text, _, language = template.partition(".")
    folder = Path(settings.templates_path) / (language or settings.language) / "whatsapp"
    file = folder / f"{text}.txt"
    if not file.exists():
        return file, None
    facts = PLACES | {
        "business": settings.business_name,
        "advisor": settings.advisor_name,
        "contact": settings.business_contact,
    }
    return file, jinja2.Template(file.read_text()).render(facts)


def _difference(own_text: str, approved_text: str) -> tuple[str, str] | None:
    """Returns both texts from the first word that differs.

    None where they are the same but for whitespace.
    """
    own = own_text.split()
    approved = approved_text.split()
    if own == approved:
        return None
    same = 0
    while own[same : same + 1] == approved[same : same + 1]:
        same += 1
    own_rest = " ".join(own[same:])
    approved_rest = " ".join(approved[same:])
    return own_rest[:SHOWN_CHARACTERS], approved_rest[:SHOWN_CHARACTERS]


def _brevo(brevo: BrevoClient, settings: Settings) -> list[Probe]:
    account = Dependency(
        name=BREVO,
        address=settings.brevo.base_url,
        advice=Text(
            es="Revisa BREVO_BASE_URL (https://api.brevo.com) y que este servidor salga a "
            "Internet; si está bien, la falla es de Brevo: espera (status.brevo.com).",
            en="Check BREVO_BASE_URL (https://api.brevo.com) and that this server reaches the "
            "Internet; if so, the failure is Brevo's: wait (status.brevo.com).",
        ),
        key="BREVO_API_KEY",
        refusals={401: BREVO_KEY, 403: BREVO_KEY},
    )
    return [
        Probe(
            about=Text(es="Brevo: remitente", en="Brevo: sender"),
            advice=Text(
                es="Confirma BREVO_SENDER_EMAIL en Brevo (Senders), o autentica su dominio.",
                en="Have BREVO_SENDER_EMAIL confirmed at Brevo (Senders), or its domain "
                "authenticated.",
            ),
            check=partial(_sender, brevo, settings.brevo.sender_email.lower(), settings.public_url),
            of=account,
        )
    ]


async def _sender(brevo: BrevoClient, address: str, public_url: str) -> Text:
    found = await _known_sender(brevo, address)
    await _rehearse(brevo, address, public_url)
    return found


async def _rehearse(brevo: BrevoClient, address: str, public_url: str) -> None:
    """Has Brevo check a mail like ours to our own sender, and drop it. Raises CheckFailed."""
    mail = Mail(
        key=str(uuid4()),
        to=address,
        name="Pauta",
        subject="Pauta",
        html="<p>Pauta</p>",
        text="Pauta",
        unsubscribe_url=f"{public_url}/baja/prueba",
        rehearsal=True,
    )
    try:
        await brevo.send(mail)
    except (RefusedTouch, CredentialsRejected) as refused:
        raise CheckFailed(
            Text(
                es=f"rechaza un correo de prueba ({refused})",
                en=f"refuses a mail on trial ({refused})",
            ),
            advice=Text(
                es="Corrige en Brevo lo que dice la razón; mientras, los correos esperan.",
                en="Correct at Brevo what the reason names; until then mails wait.",
            ),
        ) from None
    except OutcomeUnknown as unclear:
        raise Unavailable(str(unclear), status=unclear.status) from unclear


async def _known_sender(brevo: BrevoClient, address: str) -> Text:
    confirmed = (await brevo.senders()).get(address)
    if confirmed:
        return Text(es="el remitente está confirmado", en="the sender is confirmed")
    if address.partition("@")[2] in await brevo.authenticated_domains():
        return Text(
            es="el dominio del remitente está autenticado",
            en="the sender's domain is authenticated",
        )
    if confirmed is False:
        raise CheckFailed(
            Text(es="el remitente no está confirmado", en="the sender is not confirmed")
        )
    raise CheckFailed(Text(es="Brevo no conoce al remitente", en="Brevo does not know the sender"))
