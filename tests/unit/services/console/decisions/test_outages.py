"""How an operator reads about an unavailable provider: the clients' reasons, as sentences."""

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from contracts.events.outbound import ProviderRecovered, ProviderUnavailable
from kit.errors import Unavailable, describe
from providers.brevo.client import BrevoClient
from providers.calcom.client import CalcomClient
from providers.errors import OutcomeUnknown
from providers.kommo.client import KommoClient
from providers.twilio.client import TwilioClient
from services.console.decisions.dead_letters import grouped
from services.console.decisions.event_descriptions import describe_event
from services.console.decisions.outages import Outage, read_outage
from services.console.translations import load_translations
from services.crm.settings import KommoSettings
from services.crm.tokens import TokenKeeper
from tests.unit.services.console.decisions.test_dead_letters import read
from tests.unit.services.console.rendered import feed_line, letters_page, now_page
from tests.wire import Wire

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


async def ask_kommo(url: str) -> None:
    values = {"KOMMO_BASE_URL": url, "KOMMO_PIPELINE_ID": "1", "KOMMO_ACCESS_TOKEN": "wrong"}
    values |= {"KOMMO_STATUS_ID_INICIAL": "2", "KOMMO_STATUS_ID_AGENDADO": "3"}
    with patch.dict(os.environ, values, clear=True):
        settings = KommoSettings()
    async with httpx.AsyncClient() as http:
        client = KommoClient(
            base_url=url, token=TokenKeeper(settings, NoTokens(), http, lambda: NOW)
        )
        try:
            await client.account()
        finally:
            await client.close()


class NoTokens:
    async def tokens(self) -> None:
        return None

    async def keep_tokens(self, tokens: Any, now: datetime) -> None:
        raise AssertionError


async def ask_brevo(url: str) -> None:
    client = BrevoClient(
        api_key="k", base_url=url, sender_email="h@h.mx", sender_name="J", timeout=5
    )
    try:
        await client.senders()
    finally:
        await client.close()


async def ask_twilio(url: str) -> None:
    client = TwilioClient(account_sid="AC" + "0" * 32, auth_token="t", base_url=url)
    try:
        await client.send_message(
            to="+525512345678", from_="+525500000000", status_url="http://h/s", body="Hola"
        )
    finally:
        await client.close()


async def ask_calcom(url: str) -> None:
    client = CalcomClient(base_url=url, api_key="k", timeout=5)
    try:
        await client.bookings_updated_since(NOW)
    finally:
        await client.close()


ASK = {"Kommo": ask_kommo, "Brevo": ask_brevo, "Twilio": ask_twilio, "Cal.com": ask_calcom}
CREDENTIALS = {
    "Kommo": "KOMMO_ACCESS_TOKEN",
    "Brevo": "BREVO_API_KEY",
    "Twilio": "TWILIO_AUTH_TOKEN",
    "Cal.com": "CALCOM_API_KEY",
}
REFUSED = {"code": 20003, "message": "Authenticate", "status": 401}


async def reason_of(ask: Callable[[str], Awaitable[None]], url: str) -> str:
    with pytest.raises((Unavailable, OutcomeUnknown)) as outage:
        await ask(url)
    return str(outage.value)


def sentence(reason: str, language: str = "es") -> str | None:
    outage = read_outage(reason)
    if outage is None:
        return None
    return load_translations(language).gettext(outage.text).format(*outage.values)


@pytest.mark.parametrize("name", ASK)
async def test_a_refused_credential_is_named(name: str) -> None:
    async with Wire() as wire:
        wire.answers(401, REFUSED)
        reason = await reason_of(ASK[name], wire.url)

    assert sentence(reason) == f"{name} no acepta {CREDENTIALS[name]} (401)"
    assert sentence(reason, "en") == f"{name} does not accept {CREDENTIALS[name]} (401)"


@pytest.mark.parametrize("name", ASK)
@pytest.mark.parametrize(
    ("status", "text"),
    [
        pytest.param(403, "{} rechaza a esta cuenta o a este servidor (403)", id="barred"),
        pytest.param(429, "{} limita la frecuencia de las solicitudes (429)", id="too many"),
        pytest.param(503, "{} respondió con un error (503)", id="failed"),
    ],
)
async def test_an_answer_that_is_none_of_ours_to_use_is_a_sentence(
    name: str, status: int, text: str
) -> None:
    async with Wire() as wire:
        wire.answers(status, {"code": None})
        reason = await reason_of(ASK[name], wire.url)

    assert sentence(reason) == text.format(name)


@pytest.mark.parametrize("name", ASK)
async def test_only_a_silent_provider_does_not_answer(name: str) -> None:
    async with Wire() as wire:
        url = wire.url

    assert sentence(await reason_of(ASK[name], url)) == f"{name} no responde"


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "booked",
        "the lead's card is not here yet",
        "twilio: 400 code 21211",
        "kommo: 400 Bad Request",
        "Twilio: 401",
    ],
)
def test_another_reason_is_no_outage(reason: str) -> None:
    assert read_outage(reason) is None


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_feed_names_the_provider_once(language: str) -> None:
    unavailable = ProviderUnavailable(
        provider="twilio", reason="twilio: 401 code 20003"
    ).model_dump(mode="json")
    odd = ProviderUnavailable(
        provider="brevo", reason="brevo: answer without a message id"
    ).model_dump(mode="json")
    recovered = ProviderRecovered(provider="calcom").model_dump(mode="json")

    # its name, and the variable's
    assert feed_line(unavailable, language).lower().count("twilio") == 2
    assert "TWILIO_AUTH_TOKEN (401)" in feed_line(unavailable, language)
    assert "no responde" not in feed_line(unavailable, language)
    assert "Brevo: answer without a message id" in feed_line(odd, language)
    assert "Cal.com" in feed_line(recovered, language)
    assert describe_event(
        {"topic": "touch.uncertain", "reason": "twilio: 503 code None"}
    ).values == ("Twilio", "503")


def test_the_health_names_the_setting_to_repair() -> None:
    provider = {
        "name": "brevo",
        "unavailable": "brevo: 401 unauthorized",
        "unavailable_since": NOW,
        "succeeded_at": NOW,
    }
    health = now_page(providers=[provider]).split('id="health"')[1]
    odd = now_page(
        providers=[provider | {"unavailable": "brevo: answer without a message id"}]
    ).split('id="health"')[1]

    assert "<span>Brevo no acepta BREVO_API_KEY (401)</span>" in health
    assert "no responde desde" not in health
    assert 'Brevo <span class="soft small">answer without a message id</span>' in odd


def test_letters_of_one_outage_are_grouped() -> None:
    errors = [
        describe(Unavailable(reason))
        for reason in ("twilio: 401 code 20003", "twilio: 401", "twilio: 503")
    ]
    groups = grouped(read(message_id=error, headers={"x-error": error}) for error in errors)

    page = letters_page(groups=groups)

    assert [[letter.error for letter in some] for _, _, some in groups] == [errors[:2], errors[2:]]
    # the title, and each of two letters
    assert page.count("Twilio no acepta TWILIO_AUTH_TOKEN (401)") == 3
    assert "Unavailable" not in page


def test_every_status_from_500_on_is_an_error_of_the_provider() -> None:
    assert read_outage("kommo: 500") == Outage("{} answered with an error ({})", ("Kommo", "500"))
    assert read_outage("kommo: 499") is None
