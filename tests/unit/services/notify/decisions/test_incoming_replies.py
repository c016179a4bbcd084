"""What a message asks for, with what its headers and subject say."""

from dataclasses import replace

import pytest

from contracts.events.reply import Intent
from contracts.events.touch import Channel
from domain.replies import IncomingReply
from services.notify.decisions.incoming_replies import inquirer, read_incoming

MAIL = IncomingReply("1", Channel.EMAIL, "ana@example.com", "ana@example.com", "")
OUT_OF_OFFICE = "Estoy fuera. Ya no me escriban a este correo"


def read(reply: IncomingReply) -> tuple[Intent, bool]:
    reading = read_incoming(reply, answers_meeting=False)
    return reading.intent, reading.by_subject


@pytest.mark.parametrize(
    ("subject", "text", "intent", "by_subject"),
    [
        ("BAJA", "Gracias", Intent.STOP, True),
        ("unsubscribe", "Ana Ruiz, Directora", Intent.STOP, True),
        ("Quiero darme de baja", "Ana Ruiz", Intent.STOP, True),
        ("Cancelar mi cita", "Gracias", Intent.MEETING_CHANGE, True),
        ("ALTA", "Ana Ruiz", Intent.OPT_IN, True),
        ("Hola", "BAJA", Intent.STOP, False),
        ("Hola", "¿Cuánto cuesta?", Intent.QUESTION, False),
        ("Cotización", "llámenme", Intent.WANTS_CALL, False),
        ("¿Aceptas WhatsApp?", "Sí", Intent.THANKS, False),
        ("", "Gracias", Intent.THANKS, False),
    ],
)
def test_the_subject_of_a_mail(subject: str, text: str, intent: Intent, by_subject: bool) -> None:
    assert read(replace(MAIL, subject=subject, text=text)) == (intent, by_subject)


@pytest.mark.parametrize(
    ("subject", "text", "intent", "by_subject"),
    [
        ("", "BAJA", Intent.STOP, False),
        ("", "BAJA\n\nAna Ruiz", Intent.STOP, False),
        ("unsubscribe", "Sent by the mail program", Intent.STOP, True),
        ("", OUT_OF_OFFICE, Intent.AUTOMATIC, False),
        ("Ausente", "Número equivocado, ya no trabajo aquí", Intent.AUTOMATIC, False),
    ],
)
def test_an_automatic_answer_stops_only_by_a_word_alone(
    subject: str, text: str, intent: Intent, by_subject: bool
) -> None:
    mail = replace(MAIL, subject=subject, text=text, automatic=True)

    assert read(mail) == (intent, by_subject)


@pytest.mark.parametrize(
    ("text", "intent"),
    [("Ya no me escriban", Intent.STOP), ("Conozca nuestras ofertas", Intent.AUTOMATIC)],
)
def test_a_mail_marked_as_bulk_may_be_a_persons(text: str, intent: Intent) -> None:
    assert read(replace(MAIL, text=text, bulk=True)) == (intent, False)


@pytest.mark.parametrize(
    ("reply", "intent"),
    [
        (replace(MAIL, text="Hola", opts_out=True), Intent.STOP),
        (MAIL, Intent.REVIEW),
        (replace(MAIL, text="Mándame el link"), Intent.QUESTION),
        (replace(MAIL, text="Mándame el link", channel=Channel.WHATSAPP), Intent.WANTS_LINK),
    ],
)
def test_what_the_provider_says_of_a_message(reply: IncomingReply, intent: Intent) -> None:
    assert read(reply) == (intent, False)


NUMBER = "+528112345678"
STRANGER = IncomingReply("SM1", Channel.WHATSAPP, NUMBER, NUMBER, "Hola")


@pytest.mark.parametrize(
    ("reply", "intent", "expected"),
    [
        pytest.param(STRANGER, Intent.OTHER, NUMBER, id="a first message"),
        pytest.param(
            replace(STRANGER, address="+5218112345678"), Intent.OTHER, NUMBER, id="WhatsApp's form"
        ),
        pytest.param(replace(STRANGER, text=""), Intent.REVIEW, NUMBER, id="an ad without a text"),
        pytest.param(STRANGER, Intent.WANTS_CALL, NUMBER, id="a wish"),
        pytest.param(replace(STRANGER, channel=Channel.SMS), Intent.OTHER, NUMBER, id="an SMS"),
        pytest.param(replace(STRANGER, answers="SM0"), Intent.OTHER, None, id="an answer"),
        pytest.param(replace(STRANGER, address=None), Intent.OTHER, None, id="a hidden number"),
        pytest.param(STRANGER, Intent.STOP, None, id="a stop"),
        pytest.param(STRANGER, Intent.AUTOMATIC, None, id="a machine"),
        pytest.param(STRANGER, Intent.NO_INTEREST, None, id="no interest"),
        pytest.param(
            replace(STRANGER, address="+528001234567"), Intent.OTHER, None, id="a toll-free number"
        ),
        pytest.param(MAIL, Intent.QUESTION, None, id="a mail"),
    ],
)
def test_what_makes_a_lead_of_somebody_who_writes(
    reply: IncomingReply, intent: Intent, expected: str | None
) -> None:
    assert inquirer(reply, intent) == expected
