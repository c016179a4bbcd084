"""What crm depends on at Kommo and Cal.com, looked at without changing anything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from kit.checks import Doubt, Probe, Wrong
from kit.clock import now
from kit.database import Database
from kit.failures import Unavailable
from providers.calcom.client import CalcomClient
from providers.kommo.client import KommoClient
from services.crm.settings import CalcomSettings, KommoSettings, Settings
from services.crm.store.registrations import Registrations

RECENT = timedelta(minutes=5)


@asynccontextmanager
async def probes(settings: Settings) -> AsyncIterator[list[Probe]]:
    """The looks; what they use is closed afterwards."""
    database = Database(settings.dsn, connections=1)
    token = _Token(settings.kommo, Registrations(database))
    kommo = KommoClient(base_url=settings.kommo.base_url, token=token, timeout=settings.kommo_timeout)
    calcom = CalcomClient(base_url=settings.calcom.api_url, api_key=settings.calcom.api_key.get_secret_value())
    await database.open()
    try:
        yield [*_kommo(kommo, settings.kommo), *_calcom(calcom, settings)]
    finally:
        await kommo.close()
        await calcom.close()
        await database.close()


class _Token:
    """The token as it stands. It never renews one: that is for the one active worker, for renewing ends the last."""

    def __init__(self, settings: KommoSettings, registrations: Registrations) -> None:
        self._settings, self._registrations = settings, registrations

    async def __call__(self, refused: bool) -> str:
        if refused:
            raise Unavailable("kommo: 401, the token is not accepted")
        if self._settings.refresh_token is None:
            assert self._settings.access_token is not None
            return self._settings.access_token.get_secret_value()
        kept = await self._registrations.tokens()
        if kept is None or kept[1] < now():
            raise Doubt("the OAuth token is renewed with the next lead: look again afterwards")
        return kept[0].access


def _kommo(kommo: KommoClient, mine: KommoSettings) -> list[Probe]:
    fields = {
        name: field_id
        for name in ("empresa", "servicio", "fuente")
        if (field_id := getattr(mine, f"field_id_{name}")) is not None
    }
    return [
        Probe(
            about="Kommo: account",
            advice="Check KOMMO_BASE_URL (https://<your account>.kommo.com) and KOMMO_ACCESS_TOKEN, or the four "
            "values of an OAuth integration.",
            look=partial(_account, kommo),
        ),
        Probe(
            about="Kommo: pipeline and both stages",
            advice="Correct KOMMO_PIPELINE_ID, KOMMO_STATUS_ID_INICIAL and KOMMO_STATUS_ID_AGENDADO: both stages "
            "belong to that pipeline.",
            look=partial(_stages, kommo, mine),
        ),
        Probe(
            about="Kommo: custom fields",
            advice="Correct the KOMMO_FIELD_ID_* at fault, or leave it empty: they are fields of leads, not contacts.",
            look=partial(_fields, kommo, fields),
        ),
        Probe(
            about="Kommo: webhook",
            advice="Set KOMMO_WEBHOOK_TOKEN and give Kommo the address /webhooks/kommo/<token>, for leads that are "
            "won, lost, deleted or moved by hand.",
            look=partial(_kommo_webhook, mine),
        ),
    ]


async def _account(kommo: KommoClient) -> str:
    return f"answers as {await kommo.account()}"


async def _stages(kommo: KommoClient, mine: KommoSettings) -> str:
    stages = await kommo.stages(mine.pipeline_id)
    if stages is None:
        raise Wrong(f"there is no pipeline {mine.pipeline_id}")
    wanted = {"INICIAL": mine.status_id_inicial, "AGENDADO": mine.status_id_agendado}
    missing = [f"KOMMO_STATUS_ID_{name} {status}" for name, status in wanted.items() if status not in stages]
    if missing:
        has = ", ".join(f"{name} ({status})" for status, name in stages.items())
        raise Wrong(f"{' and '.join(missing)} not in pipeline {mine.pipeline_id}, which has: {has}")
    return " → ".join(stages[status] for status in wanted.values())


async def _fields(kommo: KommoClient, fields: dict[str, int]) -> str:
    if not fields:
        return "none is used"
    known = await kommo.lead_fields()
    missing = [f"KOMMO_FIELD_ID_{name.upper()} {field}" for name, field in fields.items() if field not in known]
    if missing:
        has = ", ".join(f"{name} ({field})" for field, name in known.items())
        raise Wrong(f"{' and '.join(missing)} not known; leads have: {has or 'none'}")
    return ", ".join(known[field] for field in fields.values())


async def _kommo_webhook(mine: KommoSettings) -> str:
    if not mine.webhook_token.get_secret_value():
        raise Doubt("off: a lead that a person closes in Kommo is followed up all the same")
    return "has its token"


def _calcom(calcom: CalcomClient, settings: Settings) -> list[Probe]:
    return [
        Probe(
            about="Cal.com: webhook",
            advice="Set CALCOM_WEBHOOK_SECRET to the secret of the webhook at Cal.com, and ALLOW_UNSIGNED_WEBHOOKS "
            "to false.",
            look=partial(_calcom_webhook, settings),
        ),
        Probe(
            about="Cal.com: API",
            advice="Set CALCOM_API_KEY: Cal.com does not repeat a webhook that was lost, and bookings would be.",
            look=partial(_calcom_api, calcom, settings.calcom),
        ),
    ]


async def _calcom_webhook(settings: Settings) -> str:
    if settings.allow_unsigned_webhooks:
        raise Doubt("anybody may say that a lead has booked: unsigned webhooks are allowed")
    if not settings.calcom.webhook_secret.get_secret_value():
        raise Wrong("without a secret, every webhook is refused")
    return "has its secret"


async def _calcom_api(calcom: CalcomClient, mine: CalcomSettings) -> str:
    if not mine.api_key.get_secret_value():
        raise Doubt("off: bookings are known from webhooks only")
    await calcom.bookings_updated_since(now() - RECENT)
    return "answers"
