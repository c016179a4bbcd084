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
