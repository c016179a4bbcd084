"""Settings that crm refuses to start with."""

import os
from unittest.mock import patch

import pytest
from pydantic import ValidationError

import services.crm.settings
from pauta.running.compose_file import read_recipes

REAL_KOMMO = {"KOMMO_BASE_URL": "https://ejemplo.kommo.com"}


def environment(name: str, **variables: str) -> dict[str, str]:
    return dict(read_recipes(variables)[name].environment)


def test_unsigned_webhooks_are_refused_beside_a_real_account() -> None:
    with (
        patch.dict(
            os.environ, environment("crm", ALLOW_UNSIGNED_WEBHOOKS="true", **REAL_KOMMO), clear=True
        ),
        pytest.raises(ValidationError, match="ALLOW_UNSIGNED_WEBHOOKS"),
    ):
        services.crm.settings.Settings()


def kommo(**variables: str) -> services.crm.settings.KommoSettings:
    with patch.dict(os.environ, environment("crm", **variables), clear=True):
        return services.crm.settings.Settings().kommo


def test_the_fields_of_the_form_and_their_ids() -> None:
    settings = kommo(
        KOMMO_FIELD_ID_FUENTE="3", KOMMO_FIELDS="utm_campaign=4, Ciudad de origen = 5,fuente=6"
    )

    assert settings.fields == {"fuente": 6, "utm_campaign": 4, "Ciudad de origen": 5}
    assert kommo().fields == {}


def test_tags_users_and_the_robots_stages() -> None:
    settings = kommo(
        KOMMO_TAGS="web, pauta,", KOMMO_RESPONSIBLE_USERS="5, 6", KOMMO_ROBOT_STAGES="60000003"
    )

    assert settings.tag_names == ("web", "pauta")
    assert settings.users == (5, 6)
    assert settings.robots_stages == {60000003}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KOMMO_FIELDS", "utm_campaign"),
        ("KOMMO_FIELDS", "utm_campaign=abc"),
        ("KOMMO_RESPONSIBLE_USERS", "Laura"),
        ("KOMMO_ROBOT_STAGES", "60000003;60000004"),
        ("KOMMO_DUPLICATES", "merge"),
        ("TIMEZONE", "Mexico"),
    ],
)
def test_a_value_that_cannot_be_read_stops_the_process(variable: str, value: str) -> None:
    with pytest.raises(ValidationError):
        kommo(**{variable: value})


def test_the_fingerprint_changes_with_what_kommo_may_refuse_and_keeps_no_secret() -> None:
    before = kommo().fingerprint

    assert kommo(KOMMO_STATUS_ID_INICIAL="5").fingerprint != before
    assert kommo(KOMMO_FIELDS="x=5").fingerprint != before
    assert kommo(KOMMO_WEBHOOK_TOKEN="another").fingerprint == before


@pytest.mark.parametrize(
    ("page", "slug"),
    [
        ("https://cal.com/ana/asesoria", "asesoria"),
        ("https://cal.com/ana/asesoria/", "asesoria"),
        ("https://cal.com/ana/asesoria/embed?theme=dark", "asesoria"),
        ("https://cal.com/team/ventas/asesoria", "asesoria"),
        ("https://cal.com/org/acme/ventas/asesoria", "asesoria"),
        ("https://acme.cal.com/ventas/asesoria", "asesoria"),
        ("https://cal.com/d/3k2j/asesoria", "asesoria"),
        ("https://cal.com/ana", None),
        ("https://cal.com/team/ventas", None),
        ("https://cal.com/org/acme/team/ventas", None),
        ("https://acme.cal.com/ventas", None),
        ("https://cal.com/ana+beto/30min", None),
        ("https://cal.com/forms/6d1a", None),
        ("https://cal.com/router?form=6d1a", None),
        ("https://cal.com/apps/routing-forms/routing-link/6d1a", None),
        ("", None),
    ],
)
def test_the_event_type_of_a_booking_page(page: str, slug: str | None) -> None:
    calcom = services.crm.settings.CalcomSettings(_env_file=None)

    assert calcom.own_event_types(page) == (frozenset([slug]) if slug else frozenset())
