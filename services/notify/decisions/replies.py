"""Decides what a reply asks for, by the words and phrases of `phrases`, one file a language.

Single words count only when they are the whole message: `alto`, `baja`, `para` and `no` are
everyday Spanish. Sentences count by phrase. A stop that is missed is worse than a stop too many,
which an operator sees and takes back; where only a person can decide, the reply is REVIEW.
"""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from itertools import chain

from rapidfuzz.distance import OSA

from contracts.events.reply import Intent
from services.notify.decisions.phrases.english import ENGLISH
from services.notify.decisions.phrases.language import Language, words_of
from services.notify.decisions.phrases.portuguese import PORTUGUESE
from services.notify.decisions.phrases.spanish import SPANISH
from services.notify.decisions.reply_hours import hour_in, is_vague, one_line
from services.notify.decisions.spelling import Spelling

LANGUAGES: tuple[Language, ...] = (SPANISH, PORTUGUESE, ENGLISH)

STOPS = frozenset({Intent.STOP, Intent.WRONG_NUMBER})
SHORT = 4  # words, up to which a stop word in them makes a message one for a person to read
BUSINESS_EXPRESSIONS = 2  # make a business's automatic answer
SHORTEST_MISSPELT = 3  # letters
LONGEST = 4096  # characters, as long as a text of WhatsApp may be
GOOD_SIGNS = frozenset("👍🙏👌❤😊🙂😃😀💪✅🤝👏🫶♥🙌")
STOP_SIGNS = frozenset("🛑🚫⛔")
BAD_SIGNS = frozenset("👎❌😡🤬🖕")
WISHES = frozenset({Intent.WANTS_CALL, Intent.WANTS_LINK, Intent.OPT_IN})
NEAR = 60  # characters before a wish in which it is taken back
SHORT_ABSENCE = 8  # words, up to which a person may write that they are out and forbid us something
# what people say that they are not, with a capital and without meaning a name
NO_NAMES = words_of("""
    cliente, clientes, doctor, doctora, licenciado, licenciada, ingeniero, ingeniera, medico
    mexicano, mexicana, colombiano, colombiana, empresa, titular, dueno, duena, interesado
    interesada, interested, available, sure, here, home, able, going, socio, socia, experto
    experta, de, del, el, la
""")
_GREETING = re.compile(
    r"\s{0,20}(?:hola|buen[oa]s?|estimad[oa]s?|muy buen|hi|hello|hey|dear|ol[aá]|oi|bo[am])\b"
    r"[^\n]{0,40}[,:!.]?\s{0,20}$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!](?:\s|$)")
_SELF_DECLARED = re.compile(
    r"\b(?:es una? (?:mensaje|respuesta|correo) automatic|this is an auto|e uma? \w+ automatica)"
)
_ACCUSATION = re.compile(r"\b(?:spam|acoso|profeco|condusef|repep)\b")
_ASKS = re.compile(r"(?:(?:me|nos|te) )?(?:pued|pod|can\b|could|would|llam|marc)")
_NEGATED_WISH = re.compile(r"\w{1,20}(?: \w{1,10})?(?: que)? (?:no|nao|not) ")
_ANSWERS_NO = re.compile(r"\b(?:no|n[aã]o)\s{0,3}[,.;:!]", re.IGNORECASE)
_OF_ME = re.compile(r"me\b|\b(?:mis?|my)\b")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0f\ufeff]")
_LENGTHENED = re.compile(r"([a-z])\1{2,}+")
_REPEATED = re.compile(r"(.)\1++")
_NAMED = re.compile(
    r"\b(?:[Nn]o\s+(?:soy|me\s+llamo|conozco\s+a)|[Nn]ão\s+(?:sou|conheço)(?:\s+[oa])?"
    r"|[Ii]['’]?m\s+not|[Tt]his\s+is(?:n['’]t|\s+not)|am\s+not)\s+"
    r"(?:(?:el|la)\s+(?:se[ñn]or[a]?\s+)?)?[A-ZÁÉÍÓÚÑ][a-záéíóúñãõç]+"
)
_NOT_HERE = re.compile(
    r"\b[Aa](?:qu[ií]|c[aá]) no (?:vive|trabaja|est[aá]|hay|se encuentra) "
    r"(?:(?:ning[uú]na?|la|el|se[ñn]or[a]?) ){0,2}[A-ZÁÉÍÓÚÑ][a-záéíóúñ]+"
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
    message = _in_full(normalise(text))
    reading = (
        _by_whole_message(text, message, answers_meeting=answers_meeting)
        or _by_opening(text, message, answers_meeting=answers_meeting)
        or _wished_hour(text, answers_meeting=answers_meeting)
        or _by_phrase(text, message, answers_meeting=answers_meeting)
    )
    if reading.intent in (Intent.WANTS_CALL, Intent.WISH, Intent.NOT_NOW, Intent.MEETING_CHANGE):
        return Reading(reading.intent, reading.because, hour_in(text))
    return reading


def _in_full(message: str) -> str:
    """Returns the message with whole words for abbreviations, and with its key words corrected."""
    message = _LENGTHENED.sub(r"\1", message)
    for language in LANGUAGES:
        message = " ".join(language.short.get(word, word) for word in message.split())
    words = message.split()
    right = {word: SPELLING.correct(word) for word in set(words)}
    return " ".join(right[word] for word in words)


def stop_word(text: str) -> Reading | None:
    """Returns the stop that a text or its first line is, but for fillers; else None."""
    for part in (text[:LONGEST], text.strip().partition("\n")[0]):
        reading = _by_whole_message(part, _in_full(normalise(part)), answers_meeting=False)
        if reading and reading.intent in STOPS:
            return reading
    return None


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
    words = core.split()
    if words and all(word in _any("stop") for word in words):
        return Reading(Intent.STOP, core)
    if word := _misspelt(core):
        return Reading(Intent.STOP, word)
    if not message and STOP_SIGNS & set(text):
        return Reading(Intent.STOP, text.strip())
    if message in _any("refusals") or (not message and BAD_SIGNS & set(text)):
        return Reading(Intent.REVIEW, message)
    if _is_thanks(text, message):
        return Reading(Intent.THANKS, message)
    return None


def _by_opening(text: str, message: str, *, answers_meeting: bool) -> Reading | None:
    """Returns the stop that the first line or sentence is by itself, above a name or a reason.

    A greeting may stand above it.
    """
    if _SELF_DECLARED.search(message):
        return None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    openings = lines[:2] if lines and _GREETING.match(lines[0]) else lines[:1]
    parts = chain.from_iterable((line, _SENTENCE.split(line, maxsplit=1)[0]) for line in openings)
    for part in parts:
        read = _in_full(normalise(part))
        reading = _by_whole_message(part, read, answers_meeting=answers_meeting)
        if reading and reading.intent in (Intent.STOP, Intent.MEETING_CHANGE, Intent.OPT_IN):
            return reading
    return None


def _wished_hour(text: str, *, answers_meeting: bool) -> Reading | None:
    """Returns the wish for a call, or for another hour of the meeting, that only an hour is."""
    hour = hour_in(text)
    if not hour or is_vague(hour):
        return None
    rest = normalise(one_line(text).replace(hour, " ", 1))
    if _without(_any("fillers") | _any("around_hours"), rest):
        return None
    return Reading(Intent.MEETING_CHANGE if answers_meeting else Intent.WANTS_CALL, hour)


def _by_phrase(text: str, message: str, *, answers_meeting: bool) -> Reading:
    message = _without_wish_to_stay(text, message)
    meant = _without_excuses(message)
    decided = (
        _dropped_meeting(meant, answers_meeting=answers_meeting)
        or _automatic(message, meant)
        or _wrong_number(text, meant)
        or _first_phrase(text, meant, (Intent.STOP,))
        or _forbidden(meant)
    )
    if decided:
        return decided
    if answers_meeting and (found := _any_match("about_meeting", meant)):
        return Reading(Intent.MEETING_CHANGE, found)
    reading = _first_phrase(text, meant, tuple(Intent)) or _unwished(meant)
    if reading:
        return _lack_of_interest(text, meant, reading, answers_meeting=answers_meeting)
    words = message.split()
    if len(words) <= SHORT and "?" not in text and (doubtful := _any("doubtful") & set(words)):
        return Reading(Intent.REVIEW, min(doubtful))
    if "?" in text:
        return Reading(Intent.QUESTION, "?")
    if meant != message:
        return Reading(Intent.REVIEW, _any_match("excuses", message))
    return Reading(Intent.OTHER)


def _without_wish_to_stay(text: str, message: str) -> str:
    """Returns the message with a dot for what asks us not to remove the person.

    `No, me quitan` begins with an answer, and is a stop.
    """
    spoken = _in_full(normalise(_ANSWERS_NO.sub(" ", text)))
    for language in LANGUAGES:
        for found in language.stays.finditer(spoken):
            message = message.replace(found[0], ".")
    return message


def _without_excuses(message: str) -> str:
    """Returns the message with a dot for words that look like a stop and speak of something else.

    The dot keeps the words around it from making a phrase.
    """
    for language in LANGUAGES:
        message = language.excuses.sub(".", message)
    return message


def _dropped_meeting(message: str, *, answers_meeting: bool) -> Reading | None:
    """Returns the change that removal words about a meeting ask for, unless more is to stop."""
    found = _any_match("unbooks", message)
    if answers_meeting:
        found = found or _any_match("drops", message)
    if not found:
        return None
    rest = message.replace(found, ".", 1)
    if _first_phrase("", rest, (Intent.STOP,)) or _forbidden(rest):
        return None
    return Reading(Intent.MEETING_CHANGE, found)


def _automatic(message: str, meant: str) -> Reading | None:
    """Returns that nobody wrote the message; where a person may have written it, that it is unsure.

    Somebody who forbids us automatic messages names them only after that. What forbids us something
    in a business's answer is a person's where it speaks of `me`.
    """
    business = _business_answer(message)
    found = business or _first_phrase("", message, (Intent.AUTOMATIC,))
    if not found or _SELF_DECLARED.search(message):
        return found
    stop = _first_phrase("", meant, (Intent.STOP,)) or _forbidden(meant)
    if not stop:
        return found
    if "autom" in found.because:
        first = message.find(found.because) <= message.find(stop.because)
        return found if first else None
    if len(message.split()) <= SHORT_ABSENCE:
        return Reading(Intent.REVIEW, stop.because)
    return None if business and _OF_ME.search(stop.because) else found


def _wrong_number(text: str, message: str) -> Reading | None:
    """Returns that we reach somebody else; where they want something of us, that it is unsure."""
    named = _NAMED.search(text) or _NOT_HERE.search(text)
    if named and normalise(named[0]).split()[-1] in NO_NAMES:
        named = None
    found = named[0] if named else ""
    if not found and (phrase := _first_phrase(text, message, (Intent.WRONG_NUMBER,))):
        found = phrase.because
    if not found:
        return None
    if not _any_match("hesitates", message):
        return Reading(Intent.WRONG_NUMBER, found)
    stop = _first_phrase(text, message, (Intent.STOP,)) or _forbidden(message)
    return stop or Reading(Intent.REVIEW, found)


def _lack_of_interest(
    text: str, message: str, reading: Reading, *, answers_meeting: bool
) -> Reading:
    """Returns the reading; a lack of interest only where it is all that the message says."""
    if reading.intent is not Intent.NO_INTEREST:
        return reading
    if answers_meeting:
        return Reading(Intent.MEETING_CHANGE, reading.because)
    if "?" in text or _any_match("hesitates", message):
        return Reading(Intent.REVIEW, reading.because)
    return reading


def _forbidden(message: str) -> Reading | None:
    """Returns the meaning of a sentence that forbids us something: a wish where it is limited."""
    found = _any_match("forbids", message)
    if not found:
        return None
    rest = message.replace(found, "no.", 1)
    if _any_match("hesitates", rest):
        return Reading(Intent.WISH, found)
    limited = _any_match("limits", rest) and not _any_match("for_good", message)
    return Reading(Intent.WISH if limited else Intent.STOP, found)


def _first_phrase(text: str, message: str, intents: Container[Intent]) -> Reading | None:
    """Returns the meaning of the first phrase for one of these intents; None without any.

    An accusation (`is this spam?`) is a question where `text` has its mark, and a wish that is
    taken back is none.
    """
    for language in LANGUAGES:
        for phrase in language.phrases:
            if phrase.intent not in intents:
                continue
            for found in phrase.words.finditer(message):
                if phrase.intent is Intent.STOP and "?" in text and _ACCUSATION.search(found[0]):
                    continue
                if phrase.intent not in WISHES or not _is_negated(text, message, found):
                    return Reading(phrase.intent, found[0])
    return None


def _unwished(message: str) -> Reading | None:
    """Returns that a wish is taken back (`I do not want the link`), which a person must read."""
    for language in LANGUAGES:
        for phrase in language.phrases:
            if phrase.intent in WISHES and (found := phrase.words.search(message)):
                return Reading(Intent.REVIEW, found[0])
    return None


def _is_negated(text: str, message: str, found: re.Match[str]) -> bool:
    if "?" in text and _ASKS.match(found[0]):
        return False  # `¿no me pueden llamar?` asks for it
    before = message[max(0, found.start() - NEAR) : found.start()].rstrip()
    return bool(_any_match("negates", before) or _NEGATED_WISH.match(found[0]))


def _business_answer(message: str) -> Reading | None:
    for language in LANGUAGES:
        found = [match[0] for words in language.business if (match := words.search(message))]
        if len(found) >= BUSINESS_EXPRESSIONS:
            return Reading(Intent.AUTOMATIC, ", ".join(found))
    return None


def _is_thanks(text: str, message: str) -> bool:
    if not message:
        return bool(GOOD_SIGNS & set(text))
    left = _without(_any("thanks"), message)
    rest = [word for word in left.split() if word not in _any("fillers")]
    return left.split() != message.split() and not rest and "?" not in text


def _core(message: str) -> str:
    """Returns the message without fillers, such as `por favor`."""
    return _without(_any("fillers"), message)


def _without(expressions: frozenset[str], message: str) -> str:
    """Returns the message without these expressions, the longest first."""
    for expression in sorted(expressions, key=len, reverse=True):
        message = re.sub(rf"\b{expression}\b", " ", message)
    return " ".join(message.split())


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


SPELLING = Spelling(
    words=_any("key_words"),
    ordinary=_any("ordinary"),
    joined=dict(chain.from_iterable(language.joined.items() for language in LANGUAGES)),
)
