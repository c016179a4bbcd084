"""Checks Kommo and Cal.com for crm, without changing anything there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from kit.clock import now
from kit.database import DATABASE_FAILURES, Database
from kit.errors import Unavailable
from kit.health import POSTGRESQL, CheckFailed, CheckWarning, Dependency, Probe, Text, name
from providers.calcom.client import CalcomClient
from providers.kommo.client import KommoClient
from services.crm.repositories.tokens import TokenRepository
from services.crm.settings import CalcomSettings, KommoSettings, Settings
from services.crm.tokens import TokenStore

RECENT = timedelta(minutes=5)
KOMMO, CALCOM = name("Kommo"), name("Cal.com")
KOMMO_KEY = Text(
    es="Revisa KOMMO_BASE_URL (https://<tu cuenta>.kommo.com) y KOMMO_ACCESS_TOKEN, o los cuatro "
    "valores de una integración OAuth.",
    en="Check KOMMO_BASE_URL (https://<your account>.kommo.com) and KOMMO_ACCESS_TOKEN, or the "
    "four values of an OAuth integration.",
)
KOMMO_UNPAID = Text(
    es="Renueva el plan de la cuenta en Kommo.", en="Renew the account's plan at Kommo."
)
KOMMO_BLOCKED = Text(
    es="Kommo bloqueó la dirección de este servidor. Si no la libera en una hora, escribe a su "
    "soporte.",
    en="Kommo has blocked this server's address. If it does not unblock it within an hour, write "
    "to their support.",
)
CALCOM_KEY = Text(
    es="Haz otra clave en Cal.com (Settings, API keys) y ponla en CALCOM_API_KEY.",
    en="Make another key at Cal.com (Settings, API keys) and put it into CALCOM_API_KEY.",
)


@asynccontextmanager
async def probes(settings: Settings) -> AsyncIterator[list[Probe]]:
    """Yields the probes, and closes their connections afterwards."""
    database = Database(settings.dsn, connections=1)
    token = _Token(settings.kommo, TokenRepository(database))
    kommo = KommoClient(
        base_url=settings.kommo.base_url, token=token, timeout=settings.kommo_timeout
    )
    calcom = CalcomClient(
        base_url=settings.calcom.api_url,
        api_keys=settings.calcom.api_keys,
        teams=settings.calcom.team_list,
    )
    await database.open()
    try:
        yield [*_kommo(kommo, settings.kommo), *_calcom(calcom, settings)]
    finally:
        await kommo.close()
        await calcom.close()
        await database.close()


class _Token:
    """Reads the stored token and never renews it.

    Renewing invalidates the previous token, so only the elected worker may do it.
    """

    def __init__(self, settings: KommoSettings, store: TokenStore) -> None:
        self._settings = settings
        self._store = store

    async def __call__(self, refused: bool) -> str:
        if refused:
            raise Unavailable("kommo: 401, the token is not accepted", status=401)
        if self._settings.refresh_token is None:
            assert self._settings.access_token is not None
            return self._settings.access_token.get_secret_value()
        try:
            stored = await self._store.tokens()
        except DATABASE_FAILURES:
            found = Text(
                es="no da el token de OAuth de Kommo", en="does not give Kommo's OAuth token"
            )
            raise CheckFailed(found, cause=POSTGRESQL) from None
        if stored is None or stored[1] < now():
            raise CheckWarning(
                Text(
                    es="el token de OAuth se renueva con el próximo lead: revísalo después",
                    en="the OAuth token is renewed with the next lead: check again afterwards",
                ),
                cause=KOMMO,
            )
        return stored[0].access


def _kommo(kommo: KommoClient, settings: KommoSettings) -> list[Probe]:
    account = Dependency(
        name=KOMMO,
        address=settings.base_url,
        advice=Text(
            es="Revisa KOMMO_BASE_URL (https://<tu cuenta>.kommo.com) y que este servidor salga a "
            "Internet; si está bien, la falla es de Kommo: espera.",
            en="Check KOMMO_BASE_URL (https://<your account>.kommo.com) and that this server "
            "reaches the Internet; if so, the failure is Kommo's: wait.",
        ),
        key="KOMMO_ACCESS_TOKEN" if settings.refresh_token is None else "KOMMO_REFRESH_TOKEN",
        refusals={401: KOMMO_KEY, 402: KOMMO_UNPAID, 403: KOMMO_BLOCKED},
    )
    fields = {
        part: field_id
        for part in ("empresa", "servicio", "fuente")
        if (field_id := getattr(settings, f"field_id_{part}")) is not None
    }
    return [
        Probe(
            about=Text(es="Kommo: cuenta", en="Kommo: account"),
            advice=KOMMO_KEY,
            check=partial(_account, kommo),
            of=account,
        ),
        Probe(
            about=Text(es="Kommo: embudo y sus dos etapas", en="Kommo: pipeline and both stages"),
            advice=Text(
                es="Corrige KOMMO_PIPELINE_ID, KOMMO_STATUS_ID_INICIAL y KOMMO_STATUS_ID_AGENDADO: "
                "las dos etapas son de ese embudo.",
                en="Correct KOMMO_PIPELINE_ID, KOMMO_STATUS_ID_INICIAL and "
                "KOMMO_STATUS_ID_AGENDADO: both stages belong to that pipeline.",
            ),
            check=partial(_stages, kommo, settings),
            of=account,
        ),
        Probe(
            about=Text(es="Kommo: campos personalizados", en="Kommo: custom fields"),
            advice=Text(
                es="Corrige el KOMMO_FIELD_ID_* equivocado, o déjalo vacío: son campos de leads, "
                "no de contactos.",
                en="Correct the KOMMO_FIELD_ID_* at fault, or leave it empty: they are fields of "
                "leads, not contacts.",
            ),
            check=partial(_fields, kommo, fields),
            of=account,
        ),
        Probe(
            about=Text(es="Kommo: webhook", en="Kommo: webhook"),
            advice=Text(
                es="Pon KOMMO_WEBHOOK_TOKEN y dale a Kommo la dirección /webhooks/kommo/<token>, "
                "para los leads que alguien gana, pierde, borra o mueve a mano.",
                en="Set KOMMO_WEBHOOK_TOKEN and give Kommo the address /webhooks/kommo/<token>, "
                "for leads that are won, lost, deleted or moved by hand.",
            ),
            check=partial(_kommo_webhook, settings),
        ),
    ]


async def _account(kommo: KommoClient) -> Text:
    account = await kommo.account()
    return Text(es=f"responde como {account}", en=f"answers as {account}")


async def _stages(kommo: KommoClient, settings: KommoSettings) -> Text:
    pipeline = settings.pipeline_id
    stages = await kommo.stages(pipeline)
    if stages is None:
        raise CheckFailed(
            Text(es=f"no hay embudo {pipeline}", en=f"there is no pipeline {pipeline}")
        )
    wanted = {"INICIAL": settings.status_id_inicial, "AGENDADO": settings.status_id_agendado}
    missing = [
        f"KOMMO_STATUS_ID_{stage} {status}"
        for stage, status in wanted.items()
        if status not in stages
    ]
    if missing:
        wrong = ", ".join(missing)
        existing = ", ".join(f"{title} ({status})" for status, title in stages.items())
        raise CheckFailed(
            Text(
                es=f"{wrong} no está en el embudo {pipeline}, que tiene: {existing}",
                en=f"{wrong} not in pipeline {pipeline}, which has: {existing}",
            )
        )
    return name(" → ".join(stages[status] for status in wanted.values()))


async def _fields(kommo: KommoClient, fields: dict[str, int]) -> Text:
    if not fields:
        return Text(es="no se usa ninguno", en="none is used")
    known = await kommo.lead_fields()
    missing = [
        f"KOMMO_FIELD_ID_{part.upper()} {field}"
        for part, field in fields.items()
        if field not in known
    ]
    if missing:
        wrong = ", ".join(missing)
        existing = ", ".join(f"{title} ({field})" for field, title in known.items()) or "-"
        raise CheckFailed(
            Text(
                es=f"{wrong} no existe; los leads tienen: {existing}",
                en=f"{wrong} not known; leads have: {existing}",
            )
        )
    return name(", ".join(known[field] for field in fields.values()))


async def _kommo_webhook(settings: KommoSettings) -> Text:
    if not settings.webhook_token.get_secret_value():
        raise CheckWarning(
            Text(
                es="apagado: a un lead que alguien cierra en Kommo se le sigue escribiendo",
                en="off: a lead that a person closes in Kommo is followed up all the same",
            )
        )
    return Text(es="tiene su token", en="has its token")


def _calcom(calcom: CalcomClient, settings: Settings) -> list[Probe]:
    account = Dependency(
        name=CALCOM,
        address=settings.calcom.api_url,
        advice=Text(
            es="Revisa CALCOM_API_URL (https://api.cal.com) y que este servidor salga a Internet; "
            "si está bien, la falla es de Cal.com: espera.",
            en="Check CALCOM_API_URL (https://api.cal.com) and that this server reaches the "
            "Internet; if so, the failure is Cal.com's: wait.",
        ),
        key="CALCOM_API_KEY",
        refusals={401: CALCOM_KEY, 403: CALCOM_KEY},
    )
    return [
        Probe(
            about=Text(es="Cal.com: webhook", en="Cal.com: webhook"),
            advice=Text(
                es="Pon en CALCOM_WEBHOOK_SECRET el secreto del webhook de Cal.com, y "
                "ALLOW_UNSIGNED_WEBHOOKS en false.",
                en="Set CALCOM_WEBHOOK_SECRET to the secret of the webhook at Cal.com, and "
                "ALLOW_UNSIGNED_WEBHOOKS to false.",
            ),
            check=partial(_calcom_webhook, settings),
        ),
        Probe(
            about=Text(es="Cal.com: API", en="Cal.com: API"),
            advice=Text(
                es="Pon CALCOM_API_KEY: Cal.com no repite un webhook perdido, y con él se perdería "
                "la cita.",
                en="Set CALCOM_API_KEY: Cal.com does not repeat a webhook that was lost, and the "
                "booking would be lost with it.",
            ),
            check=partial(_calcom_api, calcom, settings.calcom),
            of=account,
        ),
    ]


async def _calcom_webhook(settings: Settings) -> Text:
    if settings.allow_unsigned_webhooks:
        raise CheckWarning(
            Text(
                es="se aceptan webhooks sin firma: cualquiera puede decir que un lead agendó",
                en="unsigned webhooks are accepted: anybody may claim that a lead has booked",
            )
        )
    if not settings.calcom.webhook_secret.get_secret_value():
        raise CheckFailed(
            Text(
                es="sin secreto, se rechazan todos los webhooks",
                en="without a secret, every webhook is refused",
            )
        )
    return Text(es="tiene su secreto", en="has its secret")


async def _calcom_api(calcom: CalcomClient, settings: CalcomSettings) -> Text:
    if not settings.api_key.get_secret_value():
        raise CheckWarning(
            Text(
                es="apagada: las citas solo se conocen por webhooks",
                en="off: bookings are known from webhooks only",
            )
        )
    await calcom.bookings_updated_since(now() - RECENT)
    return Text(es="responde", en="answers")
