"""How a reply is read."""

import time
from itertools import chain

import pytest

from bench.replies import Example, examples, false_share, score
from contracts.events.reply import Intent
from services.notify.decisions.phrases.language import Language, Phrase
from services.notify.decisions.replies import (
    LANGUAGES,
    STOPS,
    hour_in,
    normalise,
    read_mail,
    read_reply,
    stop_word,
)

EXAMPLES = examples()
FIRST = [example for example in EXAMPLES if example.first]
TUNED = [example for example in EXAMPLES if not example.first]
PHRASES = list(chain.from_iterable(language.phrases for language in LANGUAGES))


def test_there_are_examples_enough() -> None:
    assert len(FIRST) == 100
    assert len(EXAMPLES) >= 400


def test_of_what_was_written_before_the_rules_no_stop_is_missed() -> None:
    assert score(FIRST, STOPS).recall >= 0.99
    assert false_share(FIRST, STOPS) <= 0.02


@pytest.mark.parametrize("example", TUNED, ids=lambda example: f"{example.intent}: {example.text}")
def test_what_an_answer_asks_for(example: Example) -> None:
    assert example.read_as == example.intent


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase.example)
def test_every_phrase_is_found_in_its_example(phrase: Phrase) -> None:
    assert phrase.words.search(normalise(phrase.example))
    assert read_reply(phrase.example).intent == phrase.intent


@pytest.mark.parametrize("language", LANGUAGES, ids=("es", "pt", "en"))
def test_a_stop_word_stops_in_any_spelling(language: Language) -> None:
    for word in language.stop - {"no quiero"}:
        for spelled in (word, word.upper(), f" {word}. ", f"{word}!!", f"*{word}*", f"{word}🛑"):
            assert read_reply(spelled).intent is Intent.STOP, spelled


@pytest.mark.parametrize("text", ["ＳＴＯＰ", "ba\u200bja", "BÁJA", "Ba ja", "Bajja", "stoop it"])
def test_a_disguised_stop(text: str) -> None:
    expected = {"Ba ja": Intent.OTHER, "stoop it": Intent.OTHER}.get(text, Intent.STOP)

    assert read_reply(text).intent is expected


@pytest.mark.parametrize("language", LANGUAGES, ids=("es", "pt", "en"))
def test_an_ordinary_word_is_no_misspelt_stop(language: Language) -> None:
    for word in language.ordinary:
        assert read_reply(word).intent not in STOPS, word


@pytest.mark.parametrize(
    ("text", "alone", "after_a_reminder"),
    [
        ("Cancelar", Intent.STOP, Intent.MEETING_CHANGE),
        ("cancel", Intent.STOP, Intent.MEETING_CHANGE),
        ("end", Intent.STOP, Intent.MEETING_CHANGE),
        ("BAJA", Intent.STOP, Intent.STOP),
        ("ya no me escriban", Intent.STOP, Intent.STOP),
        ("mejor el viernes", Intent.OTHER, Intent.MEETING_CHANGE),
    ],
)
def test_what_it_answers_decides(text: str, alone: Intent, after_a_reminder: Intent) -> None:
    assert read_reply(text).intent is alone
    assert read_reply(text, answers_meeting=True).intent is after_a_reminder


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("llámame a las 5", "a las 5"),
        ("¿Me pueden llamar mañana a las 10:30 am?", "mañana a las 10:30 am"),
        ("el jueves por la tarde", "el jueves por la tarde"),
        ("Call me tomorrow at 3pm", "tomorrow at 3pm"),
        ("me liga às 15h", "às 15h"),
        ("después de las 6 de la tarde", "después de las 6 de la tarde"),
        ("llámenme", ""),
        ("llámenme a las cinco", "a las cinco"),
        ("a las cinco y media de la tarde", "a las cinco y media de la tarde"),
        ("a partir de las 6", "a partir de las 6"),
        ("márcame en una hora", "en una hora"),
        ("en media hora por favor", "en media hora"),
        ("llámame en 10 minutos", "en 10 minutos"),
        ("en dos horas", "en dos horas"),
        ("llámenme entre 4 y 6", "entre 4 y 6"),
        ("mañana entre las 4 y las 6 pm", "mañana entre las 4 y las 6 pm"),
        ("puedo de 4 a 6", "de 4 a 6"),
        ("llámenme 17:30", "17:30"),
        ("mejor a las 5 pm, gracias", "a las 5 pm"),
        ("5 p.m. está bien", "5 p.m."),
        ("llámenme la próxima semana", "la próxima semana"),
        ("la semana que viene", "la semana que viene"),
        ("llámenme el 15 de marzo", "el 15 de marzo"),
        ("el 15 de marzo a las 10", "el 15 de marzo a las 10"),
        ("saliendo del trabajo", "saliendo del trabajo"),
        ("después de comer", "después de comer"),
        ("a las 5 de la tarde mañana", "a las 5 de la tarde mañana"),
        ("call me in half an hour", "in half an hour"),
        ("between 4 and 6", "between 4 and 6"),
        ("next week", "next week"),
        ("me liga em uma hora", "em uma hora"),
        ("entre 4 e 6", "entre 4 e 6"),
        ("semana que vem", "semana que vem"),
        ("somos de 4 a 6 personas", ""),
        ("llámenme a una amiga", ""),
    ],
)
def test_the_hour_that_somebody_names(text: str, hour: str) -> None:
    assert hour_in(text) == hour


@pytest.mark.parametrize(
    "piece", ["no ", "no me ", "baja de ", "a las ", "quiten ", "1 ", "la ", "ñ"]
)
def test_a_long_message_is_read_in_time(piece: str) -> None:
    began = time.perf_counter()

    read_reply((piece * 4096)[:4096])

    assert time.perf_counter() - began < 0.5


def test_the_words_that_decided_are_named() -> None:
    assert read_reply("Les pido que ya no me llamen, gracias").because == "no me llamen"


@pytest.mark.parametrize(
    ("subject", "text", "intent", "by_subject"),
    [
        ("BAJA", "Gracias", Intent.STOP, True),
        ("unsubscribe", "Ana Ruiz, Directora", Intent.STOP, True),
        ("Quiero darme de baja", "Ana Ruiz", Intent.STOP, True),
        ("Cancelar mi cita", "Gracias", Intent.MEETING_CHANGE, True),
        ("Hola", "BAJA", Intent.STOP, False),
        ("Hola", "¿Cuánto cuesta?", Intent.QUESTION, False),
        ("", "Gracias", Intent.THANKS, False),
        ("Cotización", "llámenme", Intent.WANTS_CALL, False),
        ("¿Aceptas WhatsApp?", "Sí", Intent.THANKS, False),
        ("ALTA", "Ana Ruiz", Intent.OPT_IN, True),
    ],
)
def test_the_subject_of_a_mail(subject: str, text: str, intent: Intent, by_subject: bool) -> None:
    reading = read_mail(subject, text)

    assert (reading.intent, reading.by_subject) == (intent, by_subject)


@pytest.mark.parametrize(
    ("subject", "text", "stops"),
    [
        ("", "BAJA", True),
        ("unsubscribe", "Sent by the mail program for ana@example.com", True),
        ("", "Estoy fuera. Ya no me escriban a este correo", False),
        ("Ausente", "Número equivocado, ya no trabajo aquí", False),
    ],
)
def test_only_a_word_that_stands_alone_stops_in_an_automatic_mail(
    subject: str, text: str, stops: bool
) -> None:
    assert (stop_word(subject, text) is not None) is stops
