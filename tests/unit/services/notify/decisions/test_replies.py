"""How a reply is read."""

import time
from itertools import chain

import pytest

from bench.replies import HELD_OUT, Example, examples, false_share, score
from contracts.events.reply import Intent
from services.notify.decisions.phrases.language import Language, Phrase
from services.notify.decisions.replies import LANGUAGES, STOPS, normalise, read_reply

EXAMPLES = examples()
TUNED = [example for example in EXAMPLES if example.set not in HELD_OUT]
PHRASES = list(chain.from_iterable(language.phrases for language in LANGUAGES))


@pytest.mark.parametrize("held_out", HELD_OUT)
def test_of_what_was_written_before_the_rules_no_stop_is_missed(held_out: str) -> None:
    written_before = [example for example in EXAMPLES if example.set == held_out]

    assert len(written_before) == 100
    assert score(written_before, STOPS).recall >= 0.99
    assert false_share(written_before, STOPS) <= 0.02


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
        ("mejor el viernes", Intent.WANTS_CALL, Intent.MEETING_CHANGE),
    ],
)
def test_what_it_answers_decides(text: str, alone: Intent, after_a_reminder: Intent) -> None:
    assert read_reply(text).intent is alone
    assert read_reply(text, answers_meeting=True).intent is after_a_reminder


@pytest.mark.parametrize(
    "piece", ["no ", "no me ", "baja de ", "a las ", "quiten ", "1 ", "la ", "ñ"]
)
def test_a_long_message_is_read_in_time(piece: str) -> None:
    began = time.process_time()

    read_reply((piece * 4096)[:4096])

    assert time.process_time() - began < 0.5


def test_the_words_that_decided_are_named() -> None:
    assert read_reply("Les pido que ya no me llamen, gracias").because == "no me llamen"
