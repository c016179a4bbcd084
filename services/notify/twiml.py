"""What the voice says: TwiML, by Twilio's own builder."""

from dataclasses import dataclass

from twilio.twiml.voice_response import Gather, VoiceResponse

from contracts.events.call import Unanswered
from domain.receipts import Receipt, Unheard
from services.notify.decisions.keys import ASKS_FOR_LINK
from services.notify.settings import Settings
from services.notify.templates import Templates


@dataclass(frozen=True, slots=True)
class Speech:
    """What the voice says: a text, or a recording in its place."""

    text: str
    recording_url: str = ""

    @property
    def transcript(self) -> str:
        """What is kept of it."""
        return self.recording_url or self.text


def speech_for(
    receipt: Receipt | None,
    template: str,
    facts: dict[str, str],
    *,
    settings: Settings,
    templates: Templates,
) -> Speech:
    """A person hears the invitation, a machine gets the voicemail, a fax gets nothing."""
    match receipt:
        case Unheard(_, Unanswered.FAX):
            return Speech("")
        case Unheard():
            voicemail = templates.text("voice", f"{template}_voicemail", facts)
            return Speech(voicemail, settings.voice_voicemail_url)
        case _:
            return Speech(templates.text("voice", template, facts), settings.voice_welcome_url)


def greet(receipt: Receipt | None, speech: Speech, *, settings: Settings, key_url: str) -> str:
    """A person may press 1; a machine is given a second to listen.

    Where machine detection does not know, it is treated as a person, and pressing a key is the proof.
    """
    response = VoiceResponse()
    match receipt:
        case Unheard(_, Unanswered.FAX):
            pass
        case Unheard():
            response.pause(length=1)
            _speak(response, speech, settings)
        case _:
            keys = Gather(
                input="dtmf",
                num_digits=1,
                timeout=6,
                action=key_url,
                method="POST",
                action_on_empty_result=True,
            )
            _speak(keys, speech, settings)
            response.append(keys)
    response.hangup()
    return str(response)


def thank(pressed: str, facts: dict[str, str], *, settings: Settings, templates: Templates) -> str:
    """What is said after the key: that the link is on its way, or nothing."""
    response = VoiceResponse()
    if pressed == ASKS_FOR_LINK:
        _speak(response, Speech(templates.text("voice", "link_sent", facts)), settings)
    response.hangup()
    return str(response)


def _speak(into: VoiceResponse | Gather, speech: Speech, settings: Settings) -> None:
    if speech.recording_url:
        into.play(speech.recording_url)
    else:
        into.say(speech.text, language="es-MX", voice=settings.voice_name)
