""".env.example names every variable and nothing else, and the seed's names are valid."""

import os
import re
from unittest.mock import patch

import pytest
import yaml
from pydantic import AliasChoices, ValidationError
from pydantic_settings import BaseSettings

import services.console.settings
import services.crm.settings
import services.intake.settings
import services.notify.settings
import services.scheduler.settings
import simulator.settings
from pauta.running.compose_file import PROJECT, read_recipes

EXAMPLE = (PROJECT / ".env.example").read_text()
NAMED = set(re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SETTINGS: dict[str, tuple[type[BaseSettings], ...]] = {
    "intake": (services.intake.settings.Settings,),
    "crm": (
        services.crm.settings.Settings,
        services.crm.settings.KommoSettings,
        services.crm.settings.CalcomSettings,
    ),
    "notify": (
        services.notify.settings.Settings,
        services.notify.settings.TwilioSettings,
        services.notify.settings.BrevoSettings,
    ),
    "scheduler": (services.scheduler.settings.Settings,),
    "console": (services.console.settings.Settings,),
    "simulator": (simulator.settings.Settings,),
}
MADE_BY_COMPOSE = {"DATABASE_URL", "AMQP_URL", "SIMULATOR_DELIVER_TO", "CRM_URL"}
SEED = {
    "KOMMO_BASE_URL",
    "KOMMO_ACCESS_TOKEN",
    "KOMMO_PIPELINE_ID",
    "KOMMO_STATUS_ID_INICIAL",
    "KOMMO_STATUS_ID_AGENDADO",
    "KOMMO_FIELD_ID_EMPRESA",
    "KOMMO_FIELD_ID_SERVICIO",
    "KOMMO_FIELD_ID_FUENTE",
    "SENDINBLUE_API_KEY",
    "SENDINBLUE_SENDER_EMAIL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_CALLER_ID",
    "TWILIO_WHATSAPP_SENDER",
    "TWILIO_SMS_SENDER",
    "BOOKING_URL",
}


def names_of(settings: type[BaseSettings]) -> list[set[str]]:
    """Returns the names that each setting can be read from."""
    found = []
    for name, field in settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseSettings):
            continue
        alias = field.validation_alias
        if isinstance(alias, AliasChoices):
            found.append({str(choice) for choice in alias.choices})
        elif isinstance(alias, str):
            found.append({alias})
        else:
            found.append({(settings.model_config.get("env_prefix", "") + name).upper()})
    return found


def used_in_compose() -> set[str]:
    files = (PROJECT / "docker-compose.yml", *(PROJECT / "deploy").glob("compose.*.yml"))
    text = "\n".join(file.read_text() for file in files)
    return set(re.findall(r"\$\{(\w+)", text))


def test_the_example_names_what_compose_reads_and_nothing_else() -> None:
    assert used_in_compose() == NAMED


@pytest.mark.parametrize("service", SETTINGS)
def test_compose_hands_every_setting_to_its_service(service: str) -> None:
    given = set(COMPOSE["services"][service]["environment"]) - {"<<"} | set(COMPOSE["x-common"])
    for settings in SETTINGS[service]:
        missing = [names for names in names_of(settings) if not names & (given | MADE_BY_COMPOSE)]
        assert missing == []


def test_the_seeds_names_are_valid() -> None:
    assert SEED <= NAMED


@pytest.mark.parametrize("service", SETTINGS)
def test_the_demonstrations_values_are_enough_to_start(service: str) -> None:
    with patch.dict(os.environ, dict(read_recipes({})[service].environment), clear=True):
        assert [settings() for settings in SETTINGS[service]]


@pytest.mark.parametrize("service", SETTINGS)
def test_an_empty_variable_counts_as_not_set(service: str) -> None:
    """Compose passes every name, also those without a value."""
    with patch.dict(os.environ, dict(read_recipes({})[service].environment), clear=True):
        process = SETTINGS[service][0]()

    assert getattr(process, "otel_exporter_otlp_endpoint", None) is None


@pytest.mark.parametrize("old", ["SENDINBLUE_API_KEY", "BREVO_API_KEY"])
def test_brevos_old_name_is_as_good(old: str) -> None:
    recipe = read_recipes({old: "own"})["notify"]
    with patch.dict(os.environ, dict(recipe.environment), clear=True):
        assert services.notify.settings.Settings().brevo.api_key.get_secret_value() == "own"


def test_a_missing_name_is_reported() -> None:
    environment = dict(read_recipes({})["notify"].environment)
    del environment["TWILIO_AUTH_TOKEN"]
    with (
        patch.dict(os.environ, environment, clear=True),
        pytest.raises(ValidationError, match="auth_token"),
    ):
        services.notify.settings.Settings()


def test_a_secret_is_never_printed() -> None:
    with patch.dict(os.environ, dict(read_recipes({})["notify"].environment), clear=True):
        shown = repr(services.notify.settings.Settings())

    assert "sandbox-auth-token" not in shown
    assert "notify-demo" not in shown


def test_kommo_wants_one_of_its_tokens() -> None:
    environment = dict(read_recipes({})["crm"].environment) | {"KOMMO_ACCESS_TOKEN": ""}
    with (
        patch.dict(os.environ, environment, clear=True),
        pytest.raises(ValidationError, match="KOMMO_ACCESS_TOKEN"),
    ):
        services.crm.settings.Settings()


@pytest.mark.parametrize("readme", ["README.md", "README.es.md"])
def test_both_readmes_name_every_variable(readme: str) -> None:
    named = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (PROJECT / readme).read_text()))

    assert named >= NAMED
