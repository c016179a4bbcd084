"""Decides what a reply asks for, by the words and phrases of `phrases`, one file a language.

Single words count only when they are the whole message: `alto`, `baja`, `para` and `no` are
everyday Spanish. Sentences count by phrase. A stop that is missed is worse than a stop too many,
which an operator sees and takes back; where only a person can decide, the reply is REVIEW.
"""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass, replace
from functools import cache

from rapidfuzz.distance import OSA

from contracts.events.reply import Intent
from services.notify.decisions.phrases.english import ENGLISH
from services.notify.decisions.phrases.language import Language
from services.notify.decisions.phrases.portuguese import PORTUGUESE
from services.notify.decisions.phrases.spanish import SPANISH

LANGUAGES: tuple[Language, ...] = (SPANISH, PORTUGUESE, ENGLISH)

STOPS = frozenset({Intent.STOP, Intent.WRONG_NUMBER})
SHORT = 4  # words, up to which a stop word in them makes a message one for a person to read
BUSINESS_EXPRESSIONS = 2  # make a business's automatic answer
SHORTEST_MISSPELT = 4  # letters
LONGEST = 4096  # characters, as long as a text of WhatsApp may be
GOOD_SIGNS = frozenset("👍🙏👌❤😊🙂😃😀💪✅🤝👏🫶♥🙌")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0f\ufeff]")
_REPEATED = re.compile(r"(.)\1+")
_NAMED = re.compile(
    r"\b(?:[Nn]o\s+(?:soy|me\s+llamo|conozco\s+a)|[Nn]ão\s+(?:sou|conheço)(?:\s+[oa])?)\s+"
    r"(?:(?:el|la)\s+(?:se[ñn]or[a]?\s+)?)?[A-ZÁÉÍÓÚÑ][a-záéíóúñãõç]+"
)
_DAY = (
    r"(?:hoy|mañana|pasado mañana|tomorrow|today|amanhã|hoje|(?:el )?(?:próximo |proximo )?(?:lunes"
    r"|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo)|monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday)"
)
_PART = r"(?:(?:de|por|en) las? (?:mañanas?|tardes?|noches?)|(?:al|a) medio ?d[ií]a|temprano)"
_AT = r"(?:(?:a|às?|at|después de|despues de|antes de|after|before|hasta)(?: las?)?)"
_CLOCK = r"\d{1,2}(?:[:.h]\d{2})?"
_UNIT = r"(?: ?(?:hrs?|horas|h|[ap]\.? ?m\.?)\b| (?:y media|y cuarto|en punto))"
_HOUR = re.compile(
    rf"\b(?:(?:{_DAY} )?(?:{_AT} {_CLOCK}{_UNIT}?|{_CLOCK}{_UNIT})(?: {_PART})?"
    rf"|{_DAY}(?: {_PART})?|{_PART}|m[aá]s tarde|al rato|later|tonight)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply asks for. `because` are the words that decided it, `hour` when it is wished.

    `by_subject`: they stand in the subject of a mail.
    """

    intent: Intent
    because: str = ""
    hour: str = ""
    by_subject: bool = False


def normalise(text: str) -> str:
    """Returns the text in lower case, without accents, marks, punctuation and emoji.

    `B A J A` becomes one word.
    """
    composed = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    letters = []
    for char in unicodedata.normalize("NFKD", composed).lower():
        if unicodedata.combining(char):
            continue
        letters.append(char if char.isalnum() else " ")
    words = "".join(letters).split()
    if len(words) > 1 and all(len(word) == 1 for word in words):
        return "".join(words)
    return " ".join(words)


def read_reply(text: str, *, answers_meeting: bool = False) -> Reading:
    """Returns what a message asks for.

    `answers_meeting`: the message that it answers was about a meeting.
    """
    text = text[:LONGEST]
    message = normalise(text)
    decided = _by_whole_message(text, message, answers_meeting=answers_meeting)
    reading = decided or _by_phrase(text, message, answers_meeting=answers_meeting)
    if reading.intent in (Intent.WANTS_CALL, Intent.WISH, Intent.NOT_NOW, Intent.MEETING_CHANGE):
        return Reading(reading.intent, reading.because, hour_in(text))
    return reading


def read_mail(subject: str, text: str, *, answers_meeting: bool = False) -> Reading:
    """Returns what a mail asks for; its subject decides where it stops, or the text says little."""
    reading = read_reply(text, answers_meeting=answers_meeting)
    if not subject or reading.intent in STOPS:
        return reading
    beside = read_reply(subject, answers_meeting=answers_meeting)
    says_more = beside.intent is not Intent.OTHER and reading.intent in (
        Intent.THANKS,
        Intent.OTHER,
    )
    return replace(beside, by_subject=True) if beside.intent in STOPS or says_more else reading


def stop_word(subject: str, text: str) -> Reading | None:
    """Returns the stop that a mail's subject or text is as a whole, but for fillers."""
    for part in (subject, text):
        reading = _by_whole_message(part, normalise(part[:LONGEST]), answers_meeting=False)
        if reading and reading.intent in STOPS:
            return replace(reading, by_subject=part is subject)
    return None


def hour_in(text: str) -> str:
    """Returns the hour or day that a message names, in its words; empty where it names none."""
    found = _HOUR.search(" ".join(unicodedata.normalize("NFC", text).split()))
    return found[0] if found else ""


def _by_whole_message(text: str, message: str, *, answers_meeting: bool) -> Reading | None:
    """Returns what a message means that is a single word or expression, but for fillers."""
    core = _core(message)
    for candidate in (message, core):
        if candidate in _any("start"):
            return Reading(Intent.OPT_IN, candidate)
        if candidate in _any("ends"):
            intent = Intent.MEETING_CHANGE if answers_meeting else Intent.STOP
            return Reading(intent, candidate)
        if candidate == "para" and "?" in text:
            return Reading(Intent.QUESTION, candidate)
        if candidate in _any("stop"):
            return Reading(Intent.STOP, candidate)
    if word := _misspelt(core):
        return Reading(Intent.STOP, word)
    if message in _any("refusals"):
        return Reading(Intent.REVIEW, message)
    if _is_thanks(text, message):
        return Reading(Intent.THANKS, message)
    return None


def _by_phrase(text: str, message: str, *, answers_meeting: bool) -> Reading:
    if named := _NAMED.search(text):
        return Reading(Intent.WRONG_NUMBER, named[0])
    if stops := _first_phrase(message, STOPS):
        return stops
    if forbidden := _forbidden(message):
        return forbidden
    if business := _business_answer(message):
        return business
    if answers_meeting and (found := _any_match("about_meeting", message)):
        return Reading(Intent.MEETING_CHANGE, found)
    if reading := _first_phrase(message, tuple(Intent)):
        if reading.intent is Intent.NO_INTEREST and "?" in text:
            return Reading(Intent.REVIEW, reading.because)
        return reading
    if "?" in text:
        return Reading(Intent.QUESTION, "?")
    words = message.split()
    if len(words) <= SHORT and (doubtful := _any("doubtful") & set(words)):
        return Reading(Intent.REVIEW, min(doubtful))
    return Reading(Intent.OTHER)


def _forbidden(message: str) -> Reading | None:
    """Returns the meaning of a sentence that forbids us something: a wish where it is limited."""
    found = _any_match("forbids", message)
    if not found:
        return None
    rest = message.replace(found, "no", 1)
    limited = _any_match("limits", rest) and not _any_match("for_good", message)
    return Reading(Intent.WISH if limited else Intent.STOP, found)


def _first_phrase(message: str, intents: Container[Intent]) -> Reading | None:
    """Returns the meaning of the first phrase for one of these intents; None without any."""
    for language in LANGUAGES:
        for phrase in language.phrases:
            if phrase.intent in intents and (found := phrase.words.search(message)):
                return Reading(phrase.intent, found[0])
    return None


def _business_answer(message: str) -> Reading | None:
    for language in LANGUAGES:
        found = [match[0] for words in language.business if (match := words.search(message))]
        if len(found) >= BUSINESS_EXPRESSIONS:
            return Reading(Intent.AUTOMATIC, ", ".join(found))
    return None


def _is_thanks(text: str, message: str) -> bool:
    if not message:
        return bool(GOOD_SIGNS & set(text))
    left = message
    for expression in sorted(_any("thanks"), key=len, reverse=True):
        left = re.sub(rf"\b{expression}\b", " ", left)
    rest = [word for word in left.split() if word not in _any("fillers")]
    return left.split() != message.split() and not rest and "?" not in text


def _core(message: str) -> str:
    """Returns the message without fillers, such as `por favor`."""
    left = message
    for filler in sorted(_any("fillers"), key=len, reverse=True):
        left = re.sub(rf"\b{filler}\b", " ", left)
    return " ".join(left.split())


def _misspelt(word: str) -> str | None:
    """Returns the stop word that a single word is but for one letter, or for repeated letters."""
    if " " in word or len(word) < SHORTEST_MISSPELT or word in _any("ordinary"):
        return None
    squeezed = _REPEATED.sub(r"\1", word)
    for stop in sorted(_any("misspelt")):
        if squeezed == _REPEATED.sub(r"\1", stop) or OSA.distance(word, stop, score_cutoff=1) <= 1:
            return stop
    return None


@cache
def _any(name: str) -> frozenset[str]:
    """Returns the words of that name in all languages."""
    return frozenset().union(*(getattr(language, name) for language in LANGUAGES))


def _any_match(name: str, message: str) -> str:
    """Returns what the pattern of that name finds in the first language; empty without any."""
    for language in LANGUAGES:
        if found := getattr(language, name).search(message):
            return str(found[0])
    return ""
