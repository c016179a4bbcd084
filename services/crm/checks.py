"""Checks Kommo and Cal.com for crm, without changing anything there."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from kit.clock import now
from kit.database import DATABASE_FAILURES, Database
from kit.errors import Unavailable
from kit.health import POSTGRESQL, CheckFailed, CheckWarning, Dependency, Probe, Text, name
from providers.calcom.client import CalcomClient
from providers.kommo.client import KommoClient
from providers.kommo.models import CustomField, Stage
from providers.kommo.oauth import expiry
from services.crm.repositories.tokens import TokenRepository
from services.crm.settings import CalcomSettings, KommoSettings, Settings
from services.crm.tokens import TokenStore, origin_of

RECENT = timedelta(minutes=5)
SOON = timedelta(days=30)  # a long-lived token is made by a person, who may be on holiday
WRITABLE = (
    "text",
    "textarea",
    "url",
    "streetaddress",
    "tracking_data",
    "numeric",
    "monetary",
    "select",
    "radiobutton",
    "multiselect",
    "checkbox",
    "date",
    "date_time",
    "birthday",
    "multitext",
)
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
        is_current = stored is not None and stored.origin in (None, origin_of(self._settings))
        if stored is None or not is_current or stored.expires_at < now():
            raise CheckWarning(
                Text(
                    es="el token de OAuth se renueva con el próximo lead: revísalo después",
                    en="the OAuth token is renewed with the next lead: check again afterwards",
                ),
                cause=KOMMO,
            )
        return stored.tokens.access


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
    return [
        Probe(
            about=Text(es="Kommo: cuenta", en="Kommo: account"),
            advice=KOMMO_KEY,
            check=partial(_account, kommo),
            of=account,
        ),
        Probe(
            about=Text(es="Kommo: vigencia del token", en="Kommo: the token's term"),
            advice=Text(
                es="Haz otro token de larga duración en la integración de Kommo y ponlo en "
                "KOMMO_ACCESS_TOKEN.",
                en="Make another long-lived token in the integration at Kommo, and put it into "
                "KOMMO_ACCESS_TOKEN.",
            ),
            check=partial(_token_term, settings),
        ),
        Probe(
            about=Text(es="Kommo: embudo y sus dos etapas", en="Kommo: pipeline and both stages"),
            advice=Text(
                es="Corrige KOMMO_PIPELINE_ID, KOMMO_STATUS_ID_INICIAL y KOMMO_STATUS_ID_AGENDADO: "
                "las dos etapas son de ese embudo, y la inicial es la primera después de «Leads "
                "entrantes», que no recibe leads por la API.",
                en="Correct KOMMO_PIPELINE_ID, KOMMO_STATUS_ID_INICIAL and "
                "KOMMO_STATUS_ID_AGENDADO: both stages belong to that pipeline, and the initial "
                "one is the first after “Incoming leads”, which takes no leads by the API.",
            ),
            check=partial(_stages, kommo, settings),
            of=account,
        ),
        Probe(
            about=Text(es="Kommo: campos personalizados", en="Kommo: custom fields"),
            advice=Text(
                es="Corrige el KOMMO_FIELD_ID_* o el KOMMO_FIELDS equivocado, o déjalo vacío: son "
                "campos de leads, no de contactos, de un tipo que un formulario llena.",
                en="Correct the KOMMO_FIELD_ID_* or KOMMO_FIELDS at fault, or leave it empty: they "
                "are fields of leads, not contacts, of a type that a form can fill in.",
            ),
            check=partial(_fields, kommo, settings),
            of=account,
        ),
        Probe(
            about=Text(es="Kommo: responsables", en="Kommo: responsible users"),
            advice=Text(
                es="Corrige KOMMO_RESPONSIBLE_USERS: son ids de usuarios de la cuenta.",
                en="Correct KOMMO_RESPONSIBLE_USERS: they are ids of the account's users.",
            ),
            check=partial(_users, kommo, settings),
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
    if kommo.moved_to is not None:
        raise CheckWarning(
            Text(
                es=f"la cuenta {account} se mudó: pon KOMMO_BASE_URL={kommo.moved_to}",
                en=f"the account {account} has moved: set KOMMO_BASE_URL={kommo.moved_to}",
            )
        )
    return Text(es=f"responde como {account}", en=f"answers as {account}")


async def _token_term(settings: KommoSettings) -> Text:
    if settings.refresh_token is not None:
        return Text(es="se renueva solo", en="is renewed automatically")
    assert settings.access_token is not None
    ends_at = expiry(settings.access_token.get_secret_value())
    if ends_at is None:
        return Text(es="el token no dice cuándo vence", en="the token does not say when it ends")
    day = f"{ends_at:%Y-%m-%d}"
    if ends_at <= now():
        raise CheckFailed(Text(es=f"venció el {day}", en=f"ended on {day}"))
    days = (ends_at - now()).days
    if ends_at - now() < SOON:
        raise CheckWarning(
            Text(
                es=f"vence el {day}, en {days} días",
                en=f"ends on {day}, in {days} days",
            )
        )
    return Text(es=f"vence el {day}", en=f"ends on {day}")


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
    missing += [
        f"KOMMO_ROBOT_STAGES {status}"
        for status in sorted(settings.robots_stages)
        if status not in stages
    ]
    if missing:
        wrong = ", ".join(missing)
        existing = ", ".join(f"{stage.name} ({status})" for status, stage in stages.items())
        raise CheckFailed(
            Text(
                es=f"{wrong} no está en el embudo {pipeline}, que tiene: {existing}",
                en=f"{wrong} not in pipeline {pipeline}, which has: {existing}",
            )
        )
    for variable, status in wanted.items():
        if not stages[status].takes_leads:
            raise CheckFailed(_unfit(f"KOMMO_STATUS_ID_{variable}", stages[status], stages))
    return name(" → ".join(stages[status].name for status in wanted.values()))


def _unfit(variable: str, stage: Stage, stages: Mapping[int, Stage]) -> Text:
    """Returns why a stage is not the right one, and which is: the first that takes leads."""
    fit = [other for other in stages.values() if other.takes_leads]
    first = name("")
    if fit and variable.endswith("INICIAL"):
        first = Text(
            es=f"; la primera que sí es {fit[0].name} ({fit[0].status_id})",
            en=f"; the first that does is {fit[0].name} ({fit[0].status_id})",
        )
    return Text(
        es=f"{variable} es «{stage.name}» ({stage.status_id}), donde Kommo no recibe leads por la "
        f"API o ya están cerrados{first.es}",
        en=f"{variable} is “{stage.name}” ({stage.status_id}), where Kommo takes no leads by the "
        f"API, or leads are closed{first.en}",
    )


async def _fields(kommo: KommoClient, settings: KommoSettings) -> Text:
    fields = settings.fields
    if not fields:
        return Text(es="no se usa ninguno", en="none is used")
    known = await kommo.lead_fields()
    missing = [
        f"{_variable(settings, part)} {field}"
        for part, field in fields.items()
        if field not in known
    ]
    if missing:
        wrong = ", ".join(missing)
        existing = ", ".join(f"{field.name} ({number})" for number, field in known.items()) or "-"
        raise CheckFailed(
            Text(
                es=f"{wrong} no existe; los leads tienen: {existing}",
                en=f"{wrong} not known; leads have: {existing}",
            )
        )
    unfit = [
        f"{_variable(settings, part)} {field}"
        for part, field in fields.items()
        if known[field].type not in WRITABLE
    ]
    if unfit:
        wrong = ", ".join(unfit)
        raise CheckFailed(
            Text(
                es=f"{wrong}: un formulario no puede llenar un campo de ese tipo",
                en=f"{wrong}: a form cannot fill in a field of this type",
            )
        )
    return name(", ".join(_described(known[field]) for field in fields.values()))


def _variable(settings: KommoSettings, part: str) -> str:
    """Returns the variable that maps a field of the form."""
    if getattr(settings, f"field_id_{part}", None) == settings.fields[part]:
        return f"KOMMO_FIELD_ID_{part.upper()}"
    return f"KOMMO_FIELDS {part}"


def _described(field: CustomField) -> str:
    """Returns a field's name, and the choices of a list, of which the form must send one."""
    if not field.choices:
        return field.name
    return f"{field.name} [{' | '.join(field.choices.values())}]"


async def _users(kommo: KommoClient, settings: KommoSettings) -> Text:
    if not settings.users:
        return Text(es="los asigna Kommo", en="Kommo assigns them")
    known = await kommo.users()
    missing = [str(user) for user in settings.users if user not in known]
    if missing:
        wrong = ", ".join(missing)
        existing = ", ".join(f"{title} ({user})" for user, title in known.items()) or "-"
        raise CheckFailed(
            Text(
                es=f"KOMMO_RESPONSIBLE_USERS {wrong} no existe; hay: {existing}",
                en=f"KOMMO_RESPONSIBLE_USERS {wrong} not known; there are: {existing}",
            )
        )
    return name(", ".join(known[user] for user in settings.users))


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
