"""The approved templates, rendered from the business's own texts."""

from pathlib import Path
from typing import Any

import pytest

from simulator.settings import Settings
from simulator.whatsapp_templates import read_contents

A, B, C = ("HX" + digit * 32 for digit in "abc")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for language, text in (
        ("es-MX", "Hola, {{ first_name }}, de {{ business }}"),
        ("en", "Hi {{ meeting_at }}"),
    ):
        folder = tmp_path / language / "whatsapp"
        folder.mkdir(parents=True)
        (folder / "welcome.txt").write_text(text + "\n")
    values: dict[str, Any] = {
        "public_base_url": "http://h",
        "twilio_account_sid": "AC1",
        "twilio_auth_token": "secret",
        "BREVO_API_KEY": "key",
        "BREVO_WEBHOOK_TOKEN": "hook",
        "kommo_access_token": "token",
        "kommo_pipeline_id": 1,
        "kommo_status_id_inicial": 1,
        "business_name": "Demo",
        "twilio_content_sids": f"welcome={A},welcome.en={B},unwritten={C}",
        "templates_path": str(tmp_path),
    }
    return Settings(**values)


def test_a_number_where_each_value_goes(settings: Settings) -> None:
    assert read_contents(settings) == {A: "Hola, {{1}}, de Demo", B: "Hi {{2}}"}


def test_without_the_folder_nothing_is_known(settings: Settings) -> None:
    assert read_contents(settings.model_copy(update={"templates_path": "nowhere"})) == {}
