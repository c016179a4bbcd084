"""Settings for the journey file, its texts, and the business's own zone and country."""

from collections.abc import Set as AbstractSet
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.journey.model import Journey
from domain.journey.parser import read_journey, templates_in

DEPLOY = Path(__file__).parents[2] / "deploy"


class JourneySettings(BaseSettings):
    """The settings of every service that uses the journey.

    `timezone` and `default_region` are the business's own.
    """

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    journey_path: Path = DEPLOY / "journey.yml"
    templates_path: Path = DEPLOY / "templates"
    # not LANGUAGE, which is GNU gettext's own variable
    language: str = Field("es-MX", validation_alias="PAUTA_LANGUAGE")
    timezone: str = "America/Mexico_City"
    default_region: str = Field("MX", pattern="^[A-Z]{2}$")


def load_journey(
    settings: JourneySettings, *, content_sids: AbstractSet[str] | None = None
) -> tuple[Journey, str]:
    """Returns the journey for new leads, and the text of its file. Raises InvalidJourney."""
    content = settings.journey_path.read_text()
    templates = templates_in(settings.templates_path, settings.language)
    name = str(settings.journey_path)
    journey = read_journey(content, name=name, templates=templates, content_sids=content_sids)
    return journey, content
