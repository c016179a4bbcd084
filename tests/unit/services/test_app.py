"""Mistakes that keep a service from starting, each named."""

import os
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from fastapi import FastAPI

import services.notify.app
import services.scheduler.app
from domain.journey.parser import InvalidJourney
from pauta.running.compose_file import PROJECT, read_recipes
from tests.builders import PRODUCTION

APPS: dict[str, Callable[[], FastAPI]] = {
    "notify": services.notify.app.create_app,
    "scheduler": services.scheduler.app.create_app,
}


def environment(name: str, **variables: str) -> dict[str, str]:
    return dict(read_recipes(variables)[name].environment)


@pytest.mark.parametrize("name", APPS)
def test_a_journey_with_mistakes_is_refused_with_all_of_them(name: str, tmp_path: Path) -> None:
    file = tmp_path / "journey.yml"
    file.write_text(
        (PROJECT / "deploy" / "journey.yml")
        .read_text()
        .replace("3 days", "3 dias")
        .replace("sms", "sns")
    )
    with (
        patch.dict(os.environ, environment(name, JOURNEY_PATH=str(file)), clear=True),
        pytest.raises(InvalidJourney) as invalid,
    ):
        APPS[name]()

    assert {mistake.message for mistake in invalid.value.mistakes} >= {"'sns' is not possible here"}
    assert len(invalid.value.mistakes) > 3
    assert str(file) in str(invalid.value)


def test_whatsapp_without_its_approved_template_is_refused() -> None:
    variables = environment("notify", TWILIO_CONTENT_SIDS="welcome=HX1")
    with (
        patch.dict(os.environ, variables, clear=True),
        pytest.raises(InvalidJourney, match="approved template for day_3"),
    ):
        services.notify.app.create_app()


def test_a_demonstrations_journey_is_refused_beside_a_real_account() -> None:
    variables = environment("notify", **PRODUCTION, JOURNEY_PATH="deploy/journey.demo.yml")
    with (
        patch.dict(os.environ, variables, clear=True),
        pytest.raises(ValueError, match="demonstration"),
    ):
        services.notify.app.create_app()
