"""Fixtures: the shipped templates and notify's settings, read once for each module."""

import os
from unittest.mock import patch

import pytest

from pauta.running.compose_file import read_recipes
from services.notify.content import Wording
from services.notify.settings import Settings
from services.notify.templates import Templates
from tests.unit.services.notify.texts import TEMPLATES


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(TEMPLATES, "es-MX")


@pytest.fixture(scope="module")
def settings() -> Settings:
    environment = dict(read_recipes({})["notify"].environment) | {"TEMPLATES_PATH": str(TEMPLATES)}
    with patch.dict(os.environ, environment, clear=True):
        return Settings()


@pytest.fixture(scope="module")
def wording(settings: Settings) -> Wording:
    return Wording(settings)
