"""What notify reads from the environment."""

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from contracts.touch import Channel
from journey.settings import JourneySettings
from kit.settings import EnvironmentSettings, Seconds, ServiceSettings


class TwilioSettings(EnvironmentSettings):
    """One Twilio account and its three senders, in E.164. Content SIDs name approved WhatsApp templates."""

    model_config = SettingsConfigDict(env_prefix="TWILIO_")

    account_sid: str
    auth_token: SecretStr
    caller_id: str
    whatsapp_sender: str
    sms_sender: str
    base_url: str = "https://api.twilio.com"
    content_sids: str = Field("", pattern=r"^$|^[\w.]+=HX\w+(,[\w.]+=HX\w+)*$")

    @property
    def real(self) -> bool:
        """Whether this is an account of life: the sandbox has no certificate."""
        return self.base_url.startswith("https://")

    @property
    def content_sid_of(self) -> dict[str, str]:
        """Template, or template and language (`confirmation.en`), to the SID of its approved WhatsApp template."""
        pairs = (pair.partition("=") for pair in self.content_sids.split(",") if pair)
        return {name: sid for name, _, sid in pairs}


class BrevoSettings(EnvironmentSettings):
    """One Brevo account; its old name, Sendinblue, is as good."""

    api_key: SecretStr = Field(validation_alias=AliasChoices("BREVO_API_KEY", "SENDINBLUE_API_KEY"))
    sender_email: str = Field(validation_alias=AliasChoices("BREVO_SENDER_EMAIL", "SENDINBLUE_SENDER_EMAIL"))
    sender_name: str = Field("", validation_alias=AliasChoices("BREVO_SENDER_NAME", "SENDINBLUE_SENDER_NAME"))
    base_url: str = Field(
        "https://api.brevo.com", validation_alias=AliasChoices("BREVO_BASE_URL", "SENDINBLUE_BASE_URL")
    )
    webhook_token: SecretStr = Field(validation_alias=AliasChoices("BREVO_WEBHOOK_TOKEN", "SENDINBLUE_WEBHOOK_TOKEN"))


class Settings(ServiceSettings, JourneySettings):
    twilio: TwilioSettings = Field(default_factory=TwilioSettings)
    brevo: BrevoSettings = Field(default_factory=BrevoSettings)

    public_base_url: str
    booking_url: str
    link_secret: SecretStr
    crm_url: str
    business_name: str = "Pauta"
    business_contact: str = ""
    advisor_name: str = "Javier"
    voice_welcome_url: str = ""
    voice_voicemail_url: str = ""
    voice_name: str = "Polly.Andres-Neural"
    resource_url: str = ""
    survey_url: str = ""
    material_url: str = ""

    provider_timeout: Seconds = 10.0
    touch_lease: Seconds = 30.0
    uncertain_checks: str = Field("3,15,60", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$")
    receipt_patience: Seconds = 300.0

    allowed_countries: str = Field("MX", pattern=r"^[A-Z]{2}(,[A-Z]{2})*$")
    daily_spending_cap: float = Field(100.0, ge=0)
    touch_prices: str = Field("call=0.10,whatsapp=0.04,sms=0.18", pattern=r"^$|^\w+=\d+(\.\d+)?(,\w+=\d+(\.\d+)?)*$")

    @property
    def prices(self) -> dict[Channel, float]:
        """What a touch is reckoned to cost; ValueError for a channel that is none."""
        pairs = (pair.partition("=") for pair in self.touch_prices.split(",") if pair)
        return {Channel(name): float(price) for name, _, price in pairs}

    @property
    def countries(self) -> frozenset[str]:
        """Where people may be called and written to by phone."""
        return frozenset(self.allowed_countries.split(","))

    @property
    def public_url(self) -> str:
        return self.public_base_url.rstrip("/")

    @property
    def checks(self) -> tuple[Seconds, ...]:
        """How long after an unclear answer the provider is asked, time after time."""
        return tuple(float(seconds) for seconds in self.uncertain_checks.split(","))
