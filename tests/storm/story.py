"""A story: who lives through the storm, what each does, and what breaks meanwhile.

It is a file of one JSON object a line, so that it can be kept, shortened and played again.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Person:
    """One person. The last digits of the phone choose how calls and messages end.

    `door` is the way in that they take first: our form, a platform's, a message, or a file.
    """

    number: int
    name: str
    phone: str
    email: str
    extra: dict[str, str] = field(default_factory=dict)
    door: str = "form"


@dataclass(frozen=True)
class Act:
    """What happens `at` so many seconds after the beginning.

    `who` is a person's number; None for providers, operators and machines.
    """

    at: float
    what: str
    who: int | None = None
    how: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        actor = "" if self.who is None else f" person {self.who}"
        details = ", ".join(f"{name} {value}" for name, value in self.how.items())
        sentence = f"At {self.at:.1f} s{actor} {self.what.replace('_', ' ')}"
        return f"{sentence}: {details}." if details else f"{sentence}."


@dataclass(frozen=True)
class Story:
    seed: int
    begins: datetime
    people: tuple[Person, ...]
    acts: tuple[Act, ...]

    def without(self, people: Iterable[int] = (), acts: Iterable[Act] = ()) -> Self:
        """Returns the story without these people and these acts."""
        gone = set(people)
        left = {id(act) for act in acts}
        return replace(
            self,
            people=tuple(person for person in self.people if person.number not in gone),
            acts=tuple(act for act in self.acts if act.who not in gone and id(act) not in left),
        )

    def beside(self, other: Self) -> Self:
        """Returns both stories at once, with the clock of this one."""
        first = 1 + max((person.number for person in self.people), default=-1)
        people = [replace(person, number=person.number + first) for person in other.people]
        acts = [
            replace(act, who=None if act.who is None else act.who + first) for act in other.acts
        ]
        return replace(self, people=(*self.people, *people), acts=(*self.acts, *acts))

    def write(self, path: Path) -> None:
        head = {"seed": self.seed, "begins": self.begins.isoformat()}
        lines: list[Any] = [head]
        lines += [{"person": asdict(person)} for person in self.people]
        lines += [{"act": asdict(act)} for act in self.acts]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))

    @classmethod
    def read(cls, path: Path) -> Self:
        head, *lines = map(json.loads, path.read_text().splitlines())
        people = [Person(**line["person"]) for line in lines if "person" in line]
        acts = [Act(**line["act"]) for line in lines if "act" in line]
        begins = datetime.fromisoformat(head["begins"])
        return cls(head["seed"], begins, tuple(people), tuple(acts))

    def in_words(self) -> list[str]:
        """Returns the story in plain English, a sentence a line."""
        people = [
            f"Person {person.number} is {person.name}, {person.phone}, {person.email}."
            for person in self.people
        ]
        return [f"It begins on {self.begins:%A %d %B %Y, %H:%M:%S} UTC.", *people] + [
            str(act) for act in ordered(self.acts)
        ]


def ordered(acts: Sequence[Act]) -> list[Act]:
    return sorted(acts, key=lambda act: act.at)
