"""What every source's body is read as."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

_LABELS = {
    "meta": "Facebook",
    "google": "Google Ads",
    "tiktok": "TikTok",
    "typeform": "Typeform",
    "tally": "Tally",
    "webflow": "Webflow",
    "whatsapp": "WhatsApp",
}
_PLATFORM_LABELS = {"facebook": "Facebook", "instagram": "Instagram"}


class Forged(Exception):
    """The proof of origin is missing or wrong."""


class Unreadable(Exception):
    """The body is not what its source sends. `code` names the message that explains it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Form:
    """One person's answers, as their source sent them, before they are mapped.

    `fields` maps each field's name, or its question, to its value. `external_id` is the source's
    own id of the submission, empty where it has none. `test` is true where the source says, or its
    values show, that no person sent it. `attribution` names the ad, campaign, form and click.
    `hints` maps names of fields to fields of the card, where the source knows what they hold.
    """

    source: str
    fields: Mapping[str, object]
    external_id: str = ""
    test: bool = False
    submitted_at: datetime | None = None
    attribution: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Returns the source's name for people; empty for a form, which names its own."""
        if self.source == "meta":
            platform = self.attribution.get("platform", "")
            return _PLATFORM_LABELS.get(platform, _LABELS["meta"])
        return _LABELS.get(self.source, "")
