"""Builds the TwiML of our calls with Twilio's own builder."""

from dataclasses import dataclass

from twilio.twiml.voice_response import Gather, VoiceResponse

from contracts.events.call import Unanswered
from domain.receipts import Receipt, Unheard
from providers.twilio.client import PERSISTENT

LANGUAGE = "es-MX"
KEY_SECONDS = 6  # that a person has for answering after the text
HINTS = "uno, dos, tres, nueve, el enlace, otra hora, hoy más tarde, mañana, no me llamen"
EMPTY = "<?xml version='1.0' encoding='UTF-8'?><Response/>"


@dataclass(frozen=True, slots=True)
class Speech:
    """A text that the voice reads out, or a recording in its place."""

    text: str
    recording_url: str = ""

    @property
    def transcript(self) -> str:
        """The part that is stored: the recording's address, or the text."""
        return self.recording_url or self.text


def greet(receipt: Receipt | None, speech: Speech, *, voice: str, key_url: str) -> str:
    """Returns the TwiML for an answered call. `receipt` is the verdict of machine detection.

    What a person answers by a key or in words, Twilio posts to `key_url`. A machine gets a second
    to begin recording, and a fax nothing. A call without a verdict is treated as a person, and
    pressing a key is the proof.
    """
    response = VoiceResponse()
    match receipt:
        case Unheard(_, Unanswered.FAX):
            pass
        case Unheard():
            response.pause(length=1)
            _speak(response, speech, voice)
        case _:
            _ask(response, speech, voice, key_url)
    response.hangup()
    return str(response)


def ask(speech: Speech, *, voice: str, key_url: str) -> str:
    """Returns the TwiML of a question that Twilio posts the answer of to `key_url`."""
    response = VoiceResponse()
    _ask(response, speech, voice, key_url)
    response.hangup()
    return str(response)


def end(speech: Speech | None, *, voice: str) -> str:
    """Returns the TwiML that reads out `speech`, if there is any, and hangs up."""
    response = VoiceResponse()
    if speech is not None:
        _speak(response, speech, voice)
    response.hangup()
    return str(response)


def _ask(response: VoiceResponse, speech: Speech, voice: str, key_url: str) -> None:
    keys = Gather(
        input="dtmf speech",
        language=LANGUAGE,
        hints=HINTS,
        speech_timeout="auto",
        num_digits=1,
        timeout=KEY_SECONDS,
        action=key_url + PERSISTENT,
        method="POST",
        action_on_empty_result=True,
    )
    _speak(keys, speech, voice)
    response.append(keys)


def _speak(into: VoiceResponse | Gather, speech: Speech, voice: str) -> None:
    if speech.recording_url:
        into.play(speech.recording_url)
    else:
        into.say(speech.text, language=LANGUAGE, voice=voice)
