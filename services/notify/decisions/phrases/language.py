"""The form in which a language's words and phrases are written down."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent

from contracts.events.reply import Intent


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that mean `intent`, in normalised text (`replies.normalise`), and an example."""

    intent: Intent
    example: str
    words: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Language:
    """The words and phrases of one language.

    `stop`, `start`, `thanks` are the whole message, but for `fillers`, which change nothing.
    `short` are the full words of abbreviations and of usual misspellings.
    `key_words` are words of the phrases that are recognised where they are misspelt, and `joined`
    the short words that are written together with them, with how they are written apart.
    `misspelt` are those of `stop` that are recognised with one letter wrong, unless that makes one
    of the `ordinary` words.
    `around_hours` may stand beside an hour that somebody names as a wish for a call.
    `ends` also end a conversation: they stop, except in answer to a message about a meeting.
    `forbids` asks us to stop, unless `limits` says when, how, or what instead; `for_good` makes it
    a stop in any case.
    Two of `business` make a business's automatic answer.
    One of `refusals` alone, or a short message with one of `doubtful`, is for a person to read.
    `stays` asks us not to remove the person, which is no stop.
    `excuses` are words that look like a stop and speak of something else; what only they say is for
    a person to read.
    `unbooks` takes the person off a meeting, and `drops` does so in answer to a message about one.
    `about_meeting` changes the meeting that the message was about to which this is an answer.
    `negates` right before a wish takes it back.
    Where a message also `hesitates`, a wrong number or a lack of interest is for a person to read.
    Of `phrases`, the first that is found decides.
    """

    short: Mapping[str, str]
    key_words: frozenset[str]
    joined: Mapping[str, str]
    stop: frozenset[str]
    misspelt: frozenset[str]
    ordinary: frozenset[str]
    ends: frozenset[str]
    refusals: frozenset[str]
    doubtful: frozenset[str]
    start: frozenset[str]
    thanks: frozenset[str]
    around_hours: frozenset[str]
    fillers: frozenset[str]
    forbids: re.Pattern[str]
    limits: re.Pattern[str]
    for_good: re.Pattern[str]
    stays: re.Pattern[str]
    excuses: re.Pattern[str]
    unbooks: re.Pattern[str]
    drops: re.Pattern[str]
    about_meeting: re.Pattern[str]
    negates: re.Pattern[str]
    hesitates: re.Pattern[str]
    phrases: tuple[Phrase, ...]
    business: tuple[re.Pattern[str], ...]


def words_of(text: str) -> frozenset[str]:
    """Returns the words or expressions in a text, one a line or separated by commas."""
    parts = text.replace("\n", ",").split(",")
    return frozenset(part.strip() for part in parts if part.strip())


def pattern(text: str) -> re.Pattern[str]:
    """Returns a pattern of whole words. Line breaks and the common indentation do not count."""
    joined = "".join(dedent(text).splitlines())
    return re.compile(rf"\b(?:{joined})\b")
