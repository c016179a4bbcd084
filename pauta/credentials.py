"""`pauta secrets`: a whole `.env` for going live, with fresh random secrets; only the accounts are left to fill in."""

import re
import secrets
from pathlib import Path

from pauta.running.compose_file import PROJECT

SECRETS = (
    *("LINK_SECRET", "KOMMO_WEBHOOK_TOKEN", "BREVO_WEBHOOK_TOKEN", "CALCOM_WEBHOOK_SECRET"),
    *(
        "CONSOLE_SECRET",
        "CONSOLE_API_TOKEN",
        "SCHEDULER_API_TOKEN",
        "POSTGRES_PASSWORD",
        "RABBITMQ_PASSWORD",
    ),
    *(
        "INTAKE_PASSWORD",
        "CRM_PASSWORD",
        "NOTIFY_PASSWORD",
        "SCHEDULER_PASSWORD",
        "CONSOLE_PASSWORD",
    ),
)
OF_PRODUCTION = {
    "PAUTA_PROFILE": "production",
    "SIMULATOR_REPLICAS": "0",
    "ALLOW_UNSIGNED_WEBHOOKS": "false",
    "BREVO_BASE_URL": "https://api.brevo.com",
    "TWILIO_BASE_URL": "https://api.twilio.com",
    "CALCOM_API_URL": "https://api.cal.com",
}
NEEDED = (
    *("BUSINESS_NAME", "BOOKING_URL", "PUBLIC_BASE_URL", "CONSOLE_USERS"),
    *("KOMMO_BASE_URL", "KOMMO_ACCESS_TOKEN", "KOMMO_PIPELINE_ID", "KOMMO_STATUS_ID_INICIAL"),
    *(
        "KOMMO_STATUS_ID_AGENDADO",
        "BREVO_API_KEY",
        "BREVO_SENDER_EMAIL",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
    ),
    *(
        "TWILIO_CALLER_ID",
        "TWILIO_WHATSAPP_SENDER",
        "TWILIO_SMS_SENDER",
        "TWILIO_CONTENT_SIDS",
        "CALCOM_API_KEY",
    ),
)
OPTIONAL = ("BUSINESS_CONTACT", "GATEWAY_ADDRESS")
HEAD = """# Made by `pauta secrets`. What is empty is yours to fill in; `pauta check` says what is still missing.
# It holds every password: keep a copy in a safe place, for no backup has it.
COMPOSE_FILE=docker-compose.yml:deploy/compose.production.yml
"""


def env_for_production() -> str:
    """`.env.example` with fresh secrets and what production wants; what is one's own is empty."""
    example = (PROJECT / ".env.example").read_text().partition("\n\n")[2]
    values = (
        {name: secrets.token_urlsafe(32) for name in SECRETS}
        | OF_PRODUCTION
        | dict.fromkeys((*NEEDED, *OPTIONAL), "")
    )
    for name, value in values.items():
        example, found = re.subn(
            rf"^(# )?{name}=.*$", f"{name}={value}", example, flags=re.MULTILINE
        )
        assert found == 1, name
    return f"{HEAD}\n{example}"


def write_env(file: Path) -> None:
    """Writes it so that only its owner can read it. Raises FileExistsError."""
    with file.open("x") as fresh:
        file.chmod(0o600)
        fresh.write(env_for_production())
