"""What the voice says: TwiML, by Twilio's own builder."""

from twilio.twiml.voice_response import Gather, VoiceResponse

from contracts.call import Unanswered
from contracts.receipt import Receipt, Unheard
from services.notify.settings import Settings
from services.notify.templates import Templates


def greet(
    receipt: Receipt | None,
    template: str,
    facts: dict[str, str],
    *,
    settings: Settings,
    templates: Templates,
    key_url: str,
) -> str:
    """A person hears the invitation and may press 1; a machine gets the voicemail; a fax gets nothing.

    Where machine detection does not know, it is treated as a person, and pressing a key is the proof.
    """
    response = VoiceResponse()
    match receipt:
        case Unheard(_, Unanswered.FAX):
            pass
        case Unheard():
            response.pause(length=1)
            _speak(
                response,
                settings.voice_voicemail_url,
                templates.text("voice", f"{template}_voicemail", facts),
                settings,
            )
        case _:
            keys = Gather(
                input="dtmf", num_digits=1, timeout=6, action=key_url, method="POST", action_on_empty_result=True
            )
            _speak(keys, settings.voice_welcome_url, templates.text("voice", template, facts), settings)
            response.append(keys)
    response.hangup()
    return str(response)


def thank(pressed: str, facts: dict[str, str], *, settings: Settings, templates: Templates) -> str:
    """What is said after the key: that the link is on its way, or nothing."""
    response = VoiceResponse()
    if pressed == "1":
        _speak(response, "", templates.text("voice", "link_sent", facts), settings)
    response.hangup()
    return str(response)


def _speak(into: VoiceResponse | Gather, recording_url: str, text: str, settings: Settings) -> None:
    if recording_url:
        into.play(recording_url)
    else:
        into.say(text, language="es-MX", voice=settings.voice_name)
