"""Which booking webhooks are authenticated."""

import os
from unittest.mock import patch

import pytest
from fastapi import HTTPException

import services.crm.settings
from pauta.running.compose_file import read_recipes
from services.crm.http import authenticate


def environment(name: str, **variables: str) -> dict[str, str]:
    return dict(read_recipes(variables)[name].environment)


@pytest.mark.parametrize(
    ("secret", "allowed", "signature", "taken"),
    [
        pytest.param("s", "false", None, False, id="no signature"),
        pytest.param("", "false", None, False, id="no secret, no signature"),
        pytest.param("", "false", "no-secret-provided", False, id="no secret on either side"),
        pytest.param("", "true", "0" * 64, False, id="a signature without a secret to check it"),
        pytest.param(
            "s", "true", "0" * 64, False, id="wrongly signed is wrong, whatever is allowed"
        ),
        pytest.param("s", "true", None, True, id="the demonstration"),
        pytest.param(
            "",
            "true",
            "no-secret-provided",
            True,
            id="Cal.com without a secret, in the demonstration",
        ),
        pytest.param("s", "false", "f36b5cd1", False, id="too short"),
    ],
)
def test_who_may_post_a_booking(
    secret: str, allowed: str, signature: str | None, taken: bool
) -> None:
    variables = environment("crm") | {
        "ALLOW_UNSIGNED_WEBHOOKS": allowed,
        "CALCOM_WEBHOOK_SECRET": secret,
    }
    with patch.dict(os.environ, variables, clear=True):
        settings = services.crm.settings.Settings()

    if taken:
        authenticate(b"{}", signature, settings)
    else:
        with pytest.raises(HTTPException):
            authenticate(b"{}", signature, settings)
