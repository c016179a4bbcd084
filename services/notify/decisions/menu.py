"""Decides what a person chose in a call's menu, by a key or in words, and what they hear next.

Pure: no clock, no database, no network.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from contracts.events.reply import Intent
from providers.twilio.models import CallInput
from services.notify.decisions.replies import normalise, read_reply

LATER = timedelta(hours=3)
LATEST = time(20, 30)
MORNING = time(10)
LONGEST = 10  # words of an answer; a mailbox that greets says more


class Menu(StrEnum):
    """A question that the voice asks."""

    MAIN = "main"
    HOUR = "hour"


class Choice(StrEnum):
    """What a person may choose."""

    LINK = "link"
    ANOTHER_HOUR = "another_hour"
    TODAY = "today"
    TOMORROW = "tomorrow"
    STOP = "stop"


KEYS = {
    Menu.MAIN: {"1": Choice.LINK, "3": Choice.ANOTHER_HOUR, "9": Choice.STOP},
    Menu.HOUR: {"1": Choice.TODAY, "2": Choice.TOMORROW, "9": Choice.STOP},
}
NUMBERS = {"uno": "1", "una": "1", "dos": "2", "tres": "3", "nueve": "9"}
ARTICLES = frozenset({"a", "al", "con", "de", "el", "es", "la", "lo", "por", "que"})
REQUESTS = frozenset({"favor", "porfa", "porfavor", "pues", "quiero", "si"})
KEY_NAMES = frozenset({"marco", "numero", "opcion", "oprimo", "tecla"})
FILLERS = ARTICLES | REQUESTS | KEY_NAMES
WORDS = {
    Menu.MAIN: {
        Choice.LINK: {"enlace", "link", "liga", "whatsapp", "manda enlace", "mandame enlace"},
        Choice.ANOTHER_HOUR: {
            "otra hora",
            "mas tarde",
            "otro momento",
            "otro dia",
            "luego",
            "manana",
        },
    },
    Menu.HOUR: {
        Choice.TODAY: {"hoy", "hoy mas tarde", "mas tarde", "rato", "tarde"},
        Choice.TOMORROW: {"manana", "manana por tarde", "otro dia"},
    },
}
INTENTS = {
    Intent.STOP: Choice.STOP,
    Intent.WANTS_LINK: Choice.LINK,
    Intent.WANTS_CALL: Choice.ANOTHER_HOUR,
    Intent.NOT_NOW: Choice.ANOTHER_HOUR,
}


class Before(StrEnum):
    """How a person answered the same question before, when we did not understand it."""

    NOTHING = ""
    KEY = "key"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Ask:
    """The voice asks, once more where they answered `before`."""

    menu: Menu
    before: Before = Before.NOTHING


@dataclass(frozen=True, slots=True)
class End:
    """The call ends with this choice; None where they chose nothing."""

    choice: Choice | None


@dataclass(frozen=True, slots=True)
class Misheard:
    """The call ends. They answered in words, twice, that we do not understand."""


Turn = Ask | End | Misheard


def next_turn(menu: Menu, entered: CallInput, before: Before) -> Turn:
    """Returns what follows an answer to the menu.

    An answer that is not understood is asked for once more. After that, who pressed a key gets the
    link; words alone may be a machine's, and the message that follows the call answers them.
    """
    choice = choice_of(menu, entered)
    if choice is Choice.ANOTHER_HOUR:
        return Ask(Menu.HOUR)
    if choice is not None:
        return End(choice)
    answered = bool(entered.key or entered.words)
    if answered and before is Before.NOTHING:
        return Ask(menu, Before.KEY if entered.key else Before.WORDS)
    if menu is Menu.HOUR:
        return End(Choice.TOMORROW)
    if entered.key or before is Before.KEY:
        return End(Choice.LINK)
    return Misheard() if answered else End(None)


def choice_of(menu: Menu, entered: CallInput) -> Choice | None:
    """Returns what was chosen; None for nothing, and for what we do not understand."""
    if entered.key:
        return KEYS[menu].get(entered.key)
    words = normalise(entered.words).split()
    if not words or len(words) > LONGEST:
        return None
    meant = " ".join(word for word in words if word not in FILLERS)
    if (key := NUMBERS.get(meant, meant)) in KEYS[menu]:
        return KEYS[menu][key]
    for choice, ways in WORDS[menu].items():
        if meant in ways:
            return choice
    wished = INTENTS.get(read_reply(entered.words).intent)
    return wished if wished is Choice.STOP or menu is Menu.MAIN else None


def understands(menu: Menu, entered: CallInput) -> bool:
    """Returns whether a person answered: with a key, or in words that we understand."""
    return bool(entered.key) or choice_of(menu, entered) is not None


def call_back_at(choice: Choice, now: datetime, zone: str) -> datetime:
    """Returns when a person wants to be called who chose another hour.

    Later today is in three hours; where that is too late, it is tomorrow morning.
    """
    local = now.astimezone(ZoneInfo(zone))
    later = local + LATER
    if choice is Choice.TODAY and later.date() == local.date() and later.time() <= LATEST:
        return later
    return datetime.combine(local.date() + timedelta(days=1), MORNING, local.tzinfo)
