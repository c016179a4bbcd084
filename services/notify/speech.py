"""Chooses the text that the voice reads out in a call."""

from contracts.events.call import Unanswered
from domain.journey.texts import VOICEMAIL
from domain.receipts import Receipt, Unheard
from providers.twilio.twiml import Speech
from services.notify.decisions.menu import Ask, Before, Choice, End, Menu, Misheard, Turn
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


ANSWERS = {
    Choice.LINK: "link_sent",
    Choice.TODAY: "call_back",
    Choice.TOMORROW: "call_back",
    Choice.STOP: "stopped",
}


def speech_of(turn: Turn, facts: dict[str, str], templates: Templates) -> Speech | None:
    """Returns what the voice asks or answers next; None where the call just ends."""
    match turn:
        case Ask(menu, before):
            again = "yes" if before is not Before.NOTHING else ""
            name = "hour" if menu is Menu.HOUR else "menu"
            return Speech(templates.text("voice", name, facts | {"again": again}))
        case End(Choice() as choice):
            day = "today" if choice is Choice.TODAY else "tomorrow"
            return Speech(templates.text("voice", ANSWERS[choice], facts | {"day": day}))
        case Misheard():
            return Speech(templates.text("voice", "misheard", facts))
        case _:
            return None
