"""What notify reads from the environment."""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from kit.settings import Seconds, ServiceSettings

TEMPLATES = Path(__file__).parents[2] / "deploy" / "templates"


class TwilioSettings(BaseSettings):
    """One Twilio account and its three senders, in E.164. Content SIDs name approved WhatsApp templates."""

    model_config = SettingsConfigDict(env_prefix="TWILIO_", extra="ignore", env_ignore_empty=True)

    account_sid: str
    auth_token: SecretStr
    caller_id: str
    whatsapp_sender: str
    sms_sender: str
    base_url: str = "https://api.twilio.com"
    content_sid_call_unanswered: str = ""
    content_sid_booking_link: str = ""


class BrevoSettings(BaseSettings):
    """One Brevo account; its old name, Sendinblue, is as good."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    api_key: SecretStr = Field(validation_alias=AliasChoices("BREVO_API_KEY", "SENDINBLUE_API_KEY"))
    sender_email: str = Field(validation_alias=AliasChoices("BREVO_SENDER_EMAIL", "SENDINBLUE_SENDER_EMAIL"))
    sender_name: str = Field("", validation_alias=AliasChoices("BREVO_SENDER_NAME", "SENDINBLUE_SENDER_NAME"))
    base_url: str = Field(
        "https://api.brevo.com", validation_alias=AliasChoices("BREVO_BASE_URL", "SENDINBLUE_BASE_URL")
    )
    webhook_token: SecretStr = Field(validation_alias=AliasChoices("BREVO_WEBHOOK_TOKEN", "SENDINBLUE_WEBHOOK_TOKEN"))


class Settings(ServiceSettings):
    twilio: TwilioSettings = Field(default_factory=TwilioSettings)
    brevo: BrevoSettings = Field(default_factory=BrevoSettings)

    public_base_url: str
    booking_url: str
    link_secret: SecretStr
    business_name: str = "Pauta"
    business_contact: str = ""
    advisor_name: str = "Javier"
    voice_welcome_url: str = ""
    voice_voicemail_url: str = ""
    voice_name: str = "Polly.Andres-Neural"
    templates_path: Path = TEMPLATES
    language: str = "es-MX"

    provider_timeout: Seconds = 10.0
    touch_lease: Seconds = 30.0
    uncertain_checks: str = Field("3,15,60", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$")
    receipt_patience: Seconds = 300.0

    @property
    def public_url(self) -> str:
        return self.public_base_url.rstrip("/")

    @property
    def checks(self) -> tuple[Seconds, ...]:
        """How long after an unclear answer the provider is asked, time after time."""
        return tuple(float(seconds) for seconds in self.uncertain_checks.split(","))
