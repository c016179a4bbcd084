"""Chooses the text that the voice reads out in a call."""

from contracts.events.call import Unanswered
from domain.journey.texts import VOICEMAIL
from domain.receipts import Receipt, Unheard
from providers.twilio.twiml import Speech
from services.notify.decisions.keys import ASKS_FOR_LINK
from services.notify.settings import Settings
from services.notify.templates import Templates


def speech_for(
    receipt: Receipt | None,
    template: str,
    facts: dict[str, str],
    *,
    settings: Settings,
    templates: Templates,
) -> Speech:
    """Returns the invitation for a person, the voicemail for a machine, nothing for a fax."""
    match receipt:
        case Unheard(_, Unanswered.FAX):
            return Speech("")
        case Unheard():
            voicemail = templates.text("voice", template + VOICEMAIL, facts)
            return Speech(voicemail, settings.voice_voicemail_url)
        case _:
            return Speech(templates.text("voice", template, facts), settings.voice_welcome_url)


def speech_after_key(key: str, facts: dict[str, str], templates: Templates) -> Speech | None:
    """Returns the text that announces the link; None for any other key."""
    if key != ASKS_FOR_LINK:
        return None
    return Speech(templates.text("voice", "link_sent", facts))
