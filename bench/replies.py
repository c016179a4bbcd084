"""Measures how well replies are read, on the labelled examples of `tests/replies.csv`.

The first hundred were written before the rules, and the second hundred before their revision. No
rule was made to fit them.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.events.reply import Intent
from services.notify.decisions.replies import STOPS, read_reply

EXAMPLES = Path(__file__).parent.parent / "tests" / "replies.csv"
HELD_OUT = ("first", "second")


@dataclass(frozen=True, slots=True)
class Example:
    """A reply and what it asks for. No rule was made to fit one of a `HELD_OUT` set."""

    set: str
    language: str
    answers_meeting: bool
    intent: Intent
    text: str

    @property
    def read_as(self) -> Intent:
        return read_reply(self.text, answers_meeting=self.answers_meeting).intent


@dataclass(frozen=True, slots=True)
class Score:
    """How often an intent was found where it was meant, and meant where it was found."""

    meant: int
    read: int
    both: int

    @property
    def recall(self) -> float:
        return self.both / self.meant if self.meant else 1.0

    @property
    def precision(self) -> float:
        return self.both / self.read if self.read else 1.0


def examples() -> list[Example]:
    with EXAMPLES.open(newline="", encoding="utf-8") as file:
        return [
            Example(
                set=row["set"],
                language=row["language"],
                answers_meeting=row["answers"] == "meeting",
                intent=Intent(row["intent"]),
                text=row["text"],
            )
            for row in csv.DictReader(file)
        ]


def score(of: Sequence[Example], intents: frozenset[Intent]) -> Score:
    """Returns how well these intents are recognised among all others."""
    meant = [example.intent in intents for example in of]
    read = [example.read_as in intents for example in of]
    both = [expected and found for expected, found in zip(meant, read, strict=True)]
    return Score(sum(meant), sum(read), sum(both))


def false_share(of: Sequence[Example], intents: frozenset[Intent]) -> float:
    """Returns the share of examples of other intents that are read as one of these."""
    others = [example for example in of if example.intent not in intents]
    return sum(example.read_as in intents for example in others) / len(others)


class Replies:
    """Prints precision and recall on each held-out hundred, and on all. Needs no system."""

    system = None

    def __init__(self, row: Callable[..., None]) -> None:
        self._row = row

    async def run(self) -> None:
        every = examples()
        held_out = [example for example in every if example.set in HELD_OUT]
        for name in HELD_OUT:
            self._stops(f"the {name} hundred", [of for of in held_out if of.set == name])
        self._stops(f"all {len(every)}", every)
        for intent in Intent:
            found = score(every, frozenset({intent}))
            beside = score(held_out, frozenset({intent}))
            self._row(
                f"replies read as {intent}",
                f"precision {found.precision:.2f}, recall {found.recall:.2f}",
                f"of {found.meant}; on the held-out {beside.precision:.2f}, "
                f"{beside.recall:.2f} of {beside.meant}",
            )

    def _stops(self, name: str, of: Sequence[Example]) -> None:
        found = score(of, STOPS)
        self._row(
            f"stops among replies, {name}",
            f"precision {found.precision:.3f}, recall {found.recall:.3f}",
            f"false stops {false_share(of, STOPS):.1%} (aim: recall 0.99, false stops 2 %)",
        )
