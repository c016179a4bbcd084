"""Decides the meaning of a reply: stop, come back, or something to read.

Single words count only when they are the whole message: `alto`, `baja`, `para` and `no` are
everyday Spanish. Sentences count by phrase, and the grammar decides: `no me llamen` asks to stop,
`no me llaman` complains of silence.
"""

import re
import unicodedata
from enum import StrEnum


class Meaning(StrEnum):
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    REVIEW = "review"
    OTHER = "other"


STOP_WORDS = frozenset(
    {
        "stop",
        "stopall",
        "unsubscribe",
        "optout",
        "revoke",
        "baja",
        "dar de baja",
        "darme de baja",
        "alto",
        "parar",
        "para",
        "salir",
        "eliminar",
        "remover",
        "desuscribir",
        "no mas",
        "no mas mensajes",
        "sair",
        "descadastrar",
    }
)
START_WORDS = frozenset({"alta", "start", "unstop"})
ENDINGS = frozenset({"cancelar", "cancela", "cancel", "fin", "end", "quit"})

# the subjunctive asks (no me llamen), the indicative reports (no me llaman)
_ASKED_TO_STOP = (
    "llam(?:en|es|e)|escrib(?:an|as|a)|mand(?:en|es|e)|envi(?:en|es|e)"
    "|contact(?:en|es|e)|molest(?:en|es|e)|marqu(?:en|es|e)"
)
_REMOVE_ME = "(?:quit|borr|elimin)(?:enme|eme|ame)|saqu(?:enme|eme)|sacame"
STOP_PHRASES = re.compile(
    rf"""\b(?:
      (?:dar|dame|denme|darme|darnos)[ ]de[ ]baja
    | no[ ](?:me[ ]|nos[ ])?(?:{_ASKED_TO_STOP})
    | no[ ](?:me[ ]|nos[ ])?vuelvan[ ]a[ ](?:llamar|escribir|contactar|marcar|molestar)(?:me|nos)?
    | ya[ ]no[ ](?:quiero|queremos|deseo|deseamos)[ ](?:recibir|que[ ]me|que[ ]nos|mas)
    | (?:{_REMOVE_ME})\b.{{0,200}}\b(?:lista|numero|datos|base)
    | borren[ ]mis[ ]datos
    | dejen?[ ]de[ ](?:llamar|escribir|molestar|mandar|contactar)(?:me|nos)?
    | (?:don[ ]t|dont|do[ ]not)[ ](?:call|text|contact|message)
    | stop[ ](?:calling|texting|contacting|messaging)
    | remove[ ]me
    )\b""",
    re.VERBOSE,
)
REVIEWED_WORDS = frozenset({"stop", "baja", "alto", "unsubscribe", "salir", "parar"})
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


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


def read_reply(text: str) -> Meaning:
    """Returns the meaning of a message; REVIEW where only a person can decide."""
    message = normalise(text)
    if message in START_WORDS:
        return Meaning.OPT_IN
    if message in STOP_WORDS or message in ENDINGS or STOP_PHRASES.search(message):
        return Meaning.OPT_OUT
    words = message.split()
    if message == "no" or (len(words) <= 4 and REVIEWED_WORDS & set(words)):
        return Meaning.REVIEW
    return Meaning.OTHER
