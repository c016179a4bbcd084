"""The settings that notify reads from the environment."""

import re

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from domain.journey.settings import JourneySettings
from kit.settings import EnvironmentSettings, Seconds, ServiceSettings
from providers.twilio.models import Detection
from services.notify.decisions.spending import Caps, Prices, read_prices

EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


class TwilioSettings(EnvironmentSettings):
    """One Twilio account and its three senders, in E.164.

    Content SIDs name approved WhatsApp templates.
    """

    model_config = SettingsConfigDict(env_prefix="TWILIO_")

    account_sid: str
    auth_token: SecretStr
    caller_id: str
    whatsapp_sender: str
    sms_sender: str
    base_url: str = "https://api.twilio.com"
    content_sids: str = Field("", pattern=r"^$|^[\w.]+=HX\w+(,[\w.]+=HX\w+)*$")

    @property
    def is_live(self) -> bool:
        """Whether this is a live account. The simulator is only served over plain HTTP."""
        return self.base_url.startswith("https://")

    @property
    def content_sid_of(self) -> dict[str, str]:
        """The SID of the approved WhatsApp template, by template.

        The key may name a language too: `confirmation.en`.
        """
        pairs = (pair.partition("=") for pair in self.content_sids.split(",") if pair)
        return {name: sid for name, _, sid in pairs}


class BrevoSettings(EnvironmentSettings):
    """One Brevo account. Variables with its old name, Sendinblue, are read too."""

    api_key: SecretStr = Field(validation_alias=AliasChoices("BREVO_API_KEY", "SENDINBLUE_API_KEY"))
    sender_email: str = Field(
        validation_alias=AliasChoices("BREVO_SENDER_EMAIL", "SENDINBLUE_SENDER_EMAIL")
    )
    sender_name: str = Field(
        "", validation_alias=AliasChoices("BREVO_SENDER_NAME", "SENDINBLUE_SENDER_NAME")
    )
    base_url: str = Field(
        "https://api.brevo.com",
        validation_alias=AliasChoices("BREVO_BASE_URL", "SENDINBLUE_BASE_URL"),
    )
    webhook_token: SecretStr = Field(
        validation_alias=AliasChoices("BREVO_WEBHOOK_TOKEN", "SENDINBLUE_WEBHOOK_TOKEN")
    )


class Settings(ServiceSettings, JourneySettings):
    twilio: TwilioSettings = Field(default_factory=TwilioSettings)
    brevo: BrevoSettings = Field(default_factory=BrevoSettings)

    public_base_url: str
    booking_url: str
    link_secret: SecretStr
    crm_url: str
    business_name: str = "Pauta"
    business_contact: str = ""
    reply_to: str = Field("", pattern=rf"^$|{EMAIL}")
    advisor_name: str = "Javier"
    voice_welcome_url: str = ""
    voice_voicemail_url: str = ""
    voice_name: str = "Polly.Andres-Neural"
    voice_detection: Detection = Detection.ASYNC
    resource_url: str = ""
    survey_url: str = ""
    material_url: str = ""

    provider_timeout: Seconds = 10.0
    touch_lease: Seconds = 30.0
    uncertain_checks: str = Field("3,15,60", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$")
    receipt_timeout: Seconds = 300.0
    key_timeout: Seconds = 120.0
    listened_seconds: Seconds = Field(6.0, validation_alias=AliasChoices("HEARD_SECONDS"))
    soft_bounce_limit: int = Field(3, ge=1)
    soft_bounce_days: int = Field(30, ge=1, le=366)
    calls_per_second: float | None = Field(None, gt=0)
    call_events_after: Seconds = 960.0

    allowed_countries: str = Field("MX", pattern=r"^[A-Z]{2}(,[A-Z]{2})*$")
    calls_per_day: int = Field(1, ge=1, le=2)
    calls_per_week: int = Field(3, ge=1)
    daily_spending_cap: float = Field(100.0, ge=0)
    touch_prices: str = Field(
        "call.MX=0.10,call=0.60,whatsapp.MX=0.04,whatsapp=0.12,sms.MX=0.18,sms=0.30",
        pattern=r"^$|^\w+(\.[A-Z]{2})?=\d+(\.\d+)?(,\w+(\.[A-Z]{2})?=\d+(\.\d+)?)*$",
    )
    cap_prefix_hour: int = Field(20, ge=1)
    cap_door_hour: int = Field(500, ge=1)
    cap_door_day: int = Field(2000, ge=1)
    cap_source_share: float = Field(0.5, gt=0, le=1)
    cap_visitor_share: float = Field(0.05, gt=0, le=1)
    cap_visitor_names: int = Field(5, ge=1)

    @property
    def prices(self) -> Prices:
        """The cost of a touch by channel and country. Raises ValueError for an unknown channel."""
        return read_prices(self.touch_prices)

    @property
    def caps(self) -> Caps:
        return Caps(
            prefix_hour=self.cap_prefix_hour,
            door_hour=self.cap_door_hour,
            door_day=self.cap_door_day,
            source_share=self.cap_source_share,
            visitor_share=self.cap_visitor_share,
            visitor_names=self.cap_visitor_names,
            daily=self.daily_spending_cap,
        )

    @property
    def countries(self) -> frozenset[str]:
        """The countries to whose numbers we call and write."""
        return frozenset(self.allowed_countries.split(","))

    @property
    def answers_to(self) -> str:
        """Where people's answers to our emails go; empty for the sender's own mailbox."""
        contact = self.business_contact.strip()
        return self.reply_to or (contact if re.fullmatch(EMAIL, contact) else "")

    @property
    def call_rate(self) -> float | None:
        """The calls that leave per second; None for any number.

        A live account places one, unless it was given more, and queues the others where no rule of
        ours reaches them. The simulator queues nothing.
        https://www.twilio.com/docs/voice/make-calls#calls-per-second-cps
        """
        return self.calls_per_second or (1.0 if self.twilio.is_live else None)

    @property
    def public_url(self) -> str:
        return self.public_base_url.rstrip("/")

    @property
    def checks(self) -> tuple[Seconds, ...]:
        """The seconds from an unclear answer to the first check, and between checks."""
        return tuple(float(seconds) for seconds in self.uncertain_checks.split(","))
