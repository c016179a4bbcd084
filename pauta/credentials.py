"""`pauta secrets`: writes a complete `.env` for production, with new random secrets."""

import re
import secrets
from pathlib import Path

from pauta.running.compose_file import PROJECT

SECRETS = (
    "LINK_SECRET",
    "KOMMO_WEBHOOK_TOKEN",
    "BREVO_WEBHOOK_TOKEN",
    "CALCOM_WEBHOOK_SECRET",
    "CONSOLE_SECRET",
    "CONSOLE_API_TOKEN",
    "SCHEDULER_API_TOKEN",
    "POSTGRES_PASSWORD",
    "RABBITMQ_PASSWORD",
    "INTAKE_PASSWORD",
    "CRM_PASSWORD",
    "NOTIFY_PASSWORD",
    "SCHEDULER_PASSWORD",
    "CONSOLE_PASSWORD",
)
PRODUCTION_VALUES = {
    "PAUTA_PROFILE": "production",
    "SIMULATOR_REPLICAS": "0",
    "ALLOW_UNSIGNED_WEBHOOKS": "false",
    "BREVO_BASE_URL": "https://api.brevo.com",
    "TWILIO_BASE_URL": "https://api.twilio.com",
    "CALCOM_API_URL": "https://api.cal.com",
}
NEEDED = (
    "BUSINESS_NAME",
    "BOOKING_URL",
    "PUBLIC_BASE_URL",
    "CONSOLE_USERS",
    "KOMMO_BASE_URL",
    "KOMMO_ACCESS_TOKEN",
    "KOMMO_PIPELINE_ID",
    "KOMMO_STATUS_ID_INICIAL",
    "KOMMO_STATUS_ID_AGENDADO",
    "BREVO_API_KEY",
    "BREVO_SENDER_EMAIL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_CALLER_ID",
    "TWILIO_WHATSAPP_SENDER",
    "TWILIO_SMS_SENDER",
    "TWILIO_CONTENT_SIDS",
    "CALCOM_API_KEY",
)
OPTIONAL = ("BUSINESS_CONTACT", "GATEWAY_ADDRESS")
HEAD = """# Written by `pauta secrets`. Fill in the empty values.
# `pauta check` lists the values that are still missing.
# This file holds every password. Keep a copy in a safe place: no backup contains it.
COMPOSE_FILE=docker-compose.yml:deploy/compose.production.yml
"""


def env_for_production() -> str:
    """Returns `.env.example` with new secrets and production values. Your own values are empty."""
    example = (PROJECT / ".env.example").read_text().partition("\n\n")[2]
    values = (
        {name: secrets.token_urlsafe(32) for name in SECRETS}
        | PRODUCTION_VALUES
        | dict.fromkeys((*NEEDED, *OPTIONAL), "")
    )
    for name, value in values.items():
        example, found = re.subn(
            rf"^(# )?{name}=.*$", f"{name}={value}", example, flags=re.MULTILINE
        )
        assert found == 1, name
    return f"{HEAD}\n{example}"


def write_env(file: Path) -> None:
    """Writes the file so that only its owner can read it. Raises FileExistsError."""
    with file.open("x") as fresh:
        file.chmod(0o600)
        fresh.write(env_for_production())
