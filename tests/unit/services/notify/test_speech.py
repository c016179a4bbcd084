"""The speech of a call, and its transcript."""

import html

import pytest

from contracts.events.call import Unanswered
from domain.receipts import Answered, Receipt, Unheard
from providers.twilio.twiml import greet
from services.notify.settings import Settings
from services.notify.speech import speech_for
from services.notify.templates import Templates
from tests.unit.services.notify.texts import FACTS


@pytest.mark.parametrize(
    ("receipt", "template"),
    [
        pytest.param(Answered("CA1"), "welcome", id="a person"),
        pytest.param(None, "welcome", id="unknown"),
        pytest.param(Unheard("CA1", Unanswered.VOICEMAIL), "welcome_voicemail", id="a machine"),
    ],
)
def test_the_voice_speaks_the_transcript_that_is_kept(
    receipt: Receipt | None, template: str, templates: Templates, settings: Settings
) -> None:
    speech = speech_for(receipt, "welcome", FACTS, settings=settings, templates=templates)
    twiml = greet(receipt, speech, voice=settings.voice_name, key_url="https://example.com/key")

    assert speech.transcript == templates.text("voice", template, FACTS)
    assert html.escape(speech.transcript, quote=False) in twiml


def test_a_fax_gets_no_speech(templates: Templates, settings: Settings) -> None:
    fax = Unheard("CA1", Unanswered.FAX)

    assert (
        speech_for(fax, "welcome", FACTS, settings=settings, templates=templates).transcript == ""
    )


def test_a_recording_is_kept_by_its_address(templates: Templates, settings: Settings) -> None:
    recorded = settings.model_copy(update={"voice_welcome_url": "https://example.com/hola.mp3"})
    speech = speech_for(None, "welcome", FACTS, settings=recorded, templates=templates)

    assert speech.transcript == "https://example.com/hola.mp3"
    assert "<Play>https://example.com/hola.mp3</Play>" in greet(
        None, speech, voice=recorded.voice_name, key_url=""
    )
