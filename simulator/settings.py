"""The simulator's settings, which have the names of the real clients' so that both sides agree."""

from pydantic import AliasChoices, Field

from domain.journey.settings import JourneySettings
from kit.settings import ProcessSettings
from simulator.sources.filled_in import Builder


def first(secrets: str) -> str:
    return secrets.partition(",")[0].strip()


class Settings(ProcessSettings, JourneySettings):
    """The simulator's settings. All durations are in seconds.

    `simulator_latency` is a list such as `kommo=0.3,brevo=0.15,twilio=0.25`.
    Without its webhook token, Kommo posts no webhooks.
    """

    public_base_url: str
    simulator_deliver_to: str | None = None
    simulator_latency: str = Field("", pattern=r"^$|^\w+=[\d.]+(,\w+=[\d.]+)*$")
    simulator_ring_seconds: float = 0.5
    simulator_talk_seconds: float = 1.0
    simulator_events_seconds: float = 900.0
    simulator_prices_seconds: float = 86_400.0
    simulator_mail_seconds: float = 0.3
    simulator_hand_seconds: float = 25.0
    business_name: str = ""
    advisor_name: str = ""

    twilio_account_sid: str
    twilio_auth_token: str
    twilio_content_sids: str = Field("", pattern=r"^$|^[\w.]+=HX\w+(,[\w.]+=HX\w+)*$")
    brevo_api_key: str = Field(validation_alias=AliasChoices("BREVO_API_KEY", "SENDINBLUE_API_KEY"))
    brevo_webhook_token: str = Field(
        validation_alias=AliasChoices("BREVO_WEBHOOK_TOKEN", "SENDINBLUE_WEBHOOK_TOKEN")
    )
    kommo_access_token: str
    kommo_refresh_token: str = "sandbox-refresh"  # noqa: S105 - a simulated account
    kommo_pipeline_id: int
    kommo_status_id_inicial: int
    kommo_status_id_agendado: int = 0
    kommo_field_id_empresa: int | None = None
    kommo_field_id_servicio: int | None = None
    kommo_field_id_fuente: int | None = None
    kommo_fields: str = ""
    kommo_robot_stages: str = ""
    kommo_webhook_token: str = ""
    calcom_webhook_secret: str = ""
    calcom_api_key: str = "sandbox-calcom-key"
    booking_url: str = ""
    meta_app_secret: str = "sandbox-meta-app-secret"  # noqa: S105 - a simulated app
    meta_verify_token: str = "sandbox-meta-verify"  # noqa: S105
    meta_page_token: str = "sandbox-meta-page-token"  # noqa: S105
    meta_page_id: str = "153125381133"
    google_lead_key: str = "sandbox-google-key"
    tiktok_app_secret: str = "sandbox-tiktok-secret"  # noqa: S105
    typeform_secret: str = "sandbox-typeform-secret"  # noqa: S105
    tally_secret: str = "sandbox-tally-secret"  # noqa: S105
    webflow_secret: str = "sandbox-webflow-secret"  # noqa: S105

    @property
    def webhook_secrets(self) -> dict[Builder, str]:
        """Returns what each platform signs with, or repeats: the first, while one is replaced."""
        secrets: dict[Builder, str] = {
            "google": self.google_lead_key,
            "tiktok": self.tiktok_app_secret,
            "typeform": self.typeform_secret,
            "tally": self.tally_secret,
            "webflow": self.webflow_secret,
        }
        return {builder: first(secret) for builder, secret in secrets.items()}

    @property
    def meta_pages(self) -> list[str]:
        return [page.strip() for page in self.meta_page_id.split(",") if page.strip()]

    @property
    def content_sids(self) -> list[tuple[str, str]]:
        """Pairs of a template's name and its SID."""
        pairs = (pair.partition("=") for pair in self.twilio_content_sids.split(",") if pair)
        return [(name, sid) for name, _, sid in pairs]

    @property
    def latency(self) -> dict[str, float]:
        pairs = (pair.partition("=") for pair in self.simulator_latency.split(",") if pair)
        return {name: float(seconds) for name, _, seconds in pairs}

    @property
    def robot_stages(self) -> list[int]:
        return [int(stage) for stage in self.kommo_robot_stages.split(",") if stage.strip()]

    @property
    def kommo_field_ids(self) -> set[int]:
        """The ids of those custom fields that are configured."""
        field_ids = (
            self.kommo_field_id_empresa,
            self.kommo_field_id_servicio,
            self.kommo_field_id_fuente,
        )
        pairs = (pair.split("=") for pair in self.kommo_fields.split(",") if pair.strip())
        named = {int(field_id) for _, field_id in pairs}
        return named | {field_id for field_id in field_ids if field_id is not None}
