"""Reads the journey file and says all that is wrong with it, each mistake with its line and what might be meant."""

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from contracts.events.touch import Channel
from domain.journey.contact_hours import longest_closed, openings, windows_of
from domain.journey.model import (
    ALWAYS,
    DAYS,
    FirstContactStep,
    FollowUpStep,
    Journey,
    Late,
    MeetingStep,
    Step,
    Window,
    format_duration,
)

SECTIONS: dict[str, type[Step]] = {
    "first_contact": FirstContactStep,
    "follow_up": FollowUpStep,
    "meeting": MeetingStep,
}
FOLDERS = {
    Channel.EMAIL: "email",
    Channel.WHATSAPP: "whatsapp",
    Channel.SMS: "sms",
    Channel.CALL: "voice",
}
VOICEMAIL = "_voicemail"

Place = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong; lines count from 1."""

    file: str
    line: int
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}{'. ' if self.suggestion else ''}{self.suggestion}"


class InvalidJourney(Exception):
    """The file has mistakes: all of them."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(
            sorted(set(mistakes), key=lambda mistake: (mistake.line, mistake.message))
        )
        super().__init__("\n" + "\n".join(map(str, self.mistakes)))


def read_journey(
    text: str,
    *,
    name: str,
    templates: Mapping[Channel, AbstractSet[str]],
    content_sids: AbstractSet[str] | None,
) -> Journey:
    """The journey in `text`. `content_sids` names the approved WhatsApp templates; None where they cannot be known.

    Raises InvalidJourney.
    """
    return _Reader(text, name, templates, content_sids).journey()


def stored_journey(text: str) -> Journey:
    """A journey that was sound when leads entered with it, whatever has become of its templates since."""
    return Journey.model_validate(yaml.safe_load(text))


def journey_hash(text: str) -> str:
    """What names this version of the file."""
    return hashlib.sha256(text.encode()).hexdigest()


def templates_in(folder: Path, language: str) -> dict[Channel, set[str]]:
    """The names that have a text, per channel. An email needs both its parts, a call also what it says to a machine."""
    names = {
        channel: {path.stem for path in (folder / language / FOLDERS[channel]).glob("*.txt")}
        for channel in Channel
    }
    names[Channel.EMAIL] &= {path.stem for path in (folder / language / "email").glob("*.mjml")}
    names[Channel.CALL] = {
        text for text in names[Channel.CALL] if f"{text}{VOICEMAIL}" in names[Channel.CALL]
    }
    return names


class _Reader:
    def __init__(
        self,
        text: str,
        name: str,
        templates: Mapping[Channel, AbstractSet[str]],
        content_sids: AbstractSet[str] | None,
    ) -> None:
        self._text, self._name, self._templates, self._content_sids = (
            text,
            name,
            templates,
            content_sids,
        )
        self._lines: dict[Place, int] = {}
        self._mistakes: list[Mistake] = []
        self._broken: set[str] = set()  # windows that are there, but cannot be read

    def journey(self) -> Journey:
        written = self._load()
        windows = self._windows(written)
        steps = self._steps(written)
        others = {key: value for key, value in written.items() if key not in ("windows", *SECTIONS)}
        frame = self._validated(Journey, others, ())
        known = Journey(
            **(frame.model_dump(exclude={"windows", *SECTIONS}) if frame else {}),
            windows=windows,
            **{
                section: tuple(step for place, step in steps if place[0] == section)
                for section in SECTIONS
            },
        )
        self._check(steps, known)
        if self._mistakes:
            raise InvalidJourney(self._mistakes)
        return known

    # ---- the file as YAML

    def _load(self) -> dict[str, Any]:
        try:
            node = yaml.compose(self._text, Loader=yaml.SafeLoader)
            written = yaml.safe_load(self._text)
            if node is not None:
                self._walk(node, ())
        except (
            yaml.YAMLError,
            ValueError,
            RecursionError,
        ) as error:  # a date such as 2026-99-99; what contains itself
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or (
                str(error) if isinstance(error, ValueError) else "cannot be read"
            )
            self._say((), f"no YAML: {problem}", line=mark.line + 1 if mark else 1)
            raise InvalidJourney(self._mistakes) from None
        if not isinstance(written, dict):
            self._say((), "a journey is a list of sections", "Begin with first_contact:", line=1)
            raise InvalidJourney(self._mistakes)
        return written

    def _walk(self, node: yaml.Node, path: Place) -> None:
        """Notes the line of everything, and keys that come twice."""
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                place = (*path, str(key.value))
                if place in self._lines:
                    self._say(
                        (),
                        f"{key.value} comes twice",
                        "Keep one of them",
                        line=key.start_mark.line + 1,
                    )
                self._lines[place] = key.start_mark.line + 1
                self._walk(value, place)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._walk(value, (*path, index))

    # ---- each part by its type

    def _windows(self, written: Mapping[str, Any]) -> dict[str, Window]:
        given = written.get("windows") or {}
        if not isinstance(given, Mapping):
            self._say(
                ("windows",), "windows are hours by name", "Write calls: {mon-fri: '09:00-19:00'}"
            )
            return {}
        read = {str(name): self._window(str(name), hours) for name, hours in given.items()}
        self._broken = {name for name, window in read.items() if window is None}
        return {name: window for name, window in read.items() if window is not None}

    def _window(self, name: str, written: Any) -> Window | None:
        """Each day by itself, so that each mistake has its own line."""
        place = ("windows", name)
        if name == ALWAYS:
            self._say(
                place, f"{ALWAYS} is there already, and means any hour", "Give it another name"
            )
            return None
        if not isinstance(written, Mapping):
            self._say(place, f"{name} has no hours", "Write mon-fri: '09:00-19:00'")
            return None
        days = [
            self._validated(Window, {day: hours}, (*place, str(day)))
            for day, hours in written.items()
        ]
        return self._validated(Window, written, place) if None not in days else None

    def _steps(self, written: Mapping[str, Any]) -> list[tuple[Place, Step]]:
        steps: list[tuple[Place, Step]] = []
        for section, kind in SECTIONS.items():
            given = written.get(section) or []
            if not isinstance(given, list):
                self._say(
                    (section,), f"{section} is a list of steps", "Begin each with a dash: - name: …"
                )
                continue
            read = [
                (place, self._validated(kind, one, place))
                for place, one in _numbered(section, given)
            ]
            steps += [(place, step) for place, step in read if step is not None]
        return steps

    def _validated(self, kind: type[M], written: Any, place: Place) -> M | None:
        try:
            return kind.model_validate(written)
        except ValidationError as invalid:
            for error in invalid.errors():
                where = (*place, *error["loc"])
                if "channels" in error["loc"] and not self._has((*place, "channels")):
                    where = (*place, "channel")  # how a single one may be written
                message, suggestion = _in_words(error, kind)
                self._say(where, message, suggestion)
            return None

    # ---- what belongs together

    def _check(self, steps: Sequence[tuple[Place, Step]], journey: Journey) -> None:
        if not steps and not self._mistakes:
            self._say((), "there is no step", "Begin with first_contact:", line=1)
        twice = [
            name for name, times in Counter(step.name for _, step in steps).items() if times > 1
        ]
        for place, step in steps:
            if step.name in twice:
                self._say(
                    (*place, "name"), f"two steps are called {step.name}", "Give one another name"
                )
            self._check_texts(place, step, journey)
            self._check_hours(place, step, journey)
        growing = [(place, step) for place, step in steps if isinstance(step, FollowUpStep)]
        for (_, earlier), (place, later) in pairwise(growing):
            if later.after <= earlier.after:
                self._say(
                    (*place, "after"),
                    f"{later.name} does not come after {earlier.name}",
                    "Write them in order",
                )

    def _check_texts(self, place: Place, step: Step, journey: Journey) -> None:
        where = (*place, "template") if self._has((*place, "template")) else (*place, "name")
        if not step.channels:
            self._say(
                (*place, "channels"),
                f"{step.name} has no channel",
                f"Possible are: {', '.join(Channel)}",
            )
        if len(set(step.channels)) < len(step.channels):
            self._say(
                (*place, "channels"), f"{step.name} has a channel twice", "Name each channel once"
            )
        for channel in step.channels:
            known = self._templates.get(channel, set())
            if step.template not in known:
                text = f"there is no text {step.template} for {channel}"
                self._say(
                    where,
                    text,
                    _meant(step.template, known) or f"There are: {', '.join(sorted(known))}",
                )
        missing = self._content_sids is not None and step.template not in self._content_sids
        if missing and Channel.WHATSAPP in step.channels and not journey.demonstration:
            self._say(
                where,
                f"WhatsApp needs an approved template for {step.template}",
                f"Add {step.template}=HX… to TWILIO_CONTENT_SIDS",
            )

    def _check_hours(self, place: Place, step: Step, journey: Journey) -> None:
        if step.window in self._broken:
            return
        if step.window != ALWAYS and step.window not in journey.windows:
            known = {ALWAYS, *journey.windows}
            message = f"there is no window {step.window}"
            self._say(
                (*place, "window"),
                message,
                _meant(step.window, known) or f"There are: {', '.join(sorted(known))}",
            )
            return
        where = (*place, "window") if self._has((*place, "window")) else place
        if not _ever_opens(step, journey):
            self._say(
                where,
                f"{step.name} can never go out",
                f"{step.window} leaves no time between 08:00 and 21:00",
            )
        elif isinstance(step, MeetingStep) and step.before is not None:
            closed = longest_closed(step, journey)
            if step.before <= closed:
                hours = (
                    f"{step.window} may be closed for {format_duration(closed)}"
                    if closed
                    else "Say more than 0 seconds"
                )
                self._say((*place, "before"), f"{step.name} could come after its meeting", hours)

    def _has(self, place: Place) -> bool:
        return place in self._lines

    def _say(
        self, place: Place, message: str, suggestion: str = "", *, line: int | None = None
    ) -> None:
        """The line is that of the innermost part of `place` that is written in the file."""
        nearest = next(
            (place[:end] for end in range(len(place), -1, -1) if self._has(place[:end])), ()
        )
        self._mistakes.append(
            Mistake(self._name, line or self._lines.get(nearest, 1), message, suggestion)
        )


def _numbered(section: str, given: Sequence[Any]) -> Iterator[tuple[Place, Any]]:
    for index, step in enumerate(given):
        yield (section, index), step


def _ever_opens(step: Step, journey: Journey) -> bool:
    some_day = datetime(2001, 1, 1, tzinfo=UTC)
    hours = [windows_of(step, channel, journey, None) for channel in step.channels]
    return all(not rules or next(openings(some_day, rules, ("UTC",), ""), None) for rules in hours)


def _in_words(error: Any, kind: type[BaseModel]) -> tuple[str, str]:
    """The mistake as a person says it, and what might have been meant."""
    name, given = str(error["loc"][-1]) if error["loc"] else "", error.get("input")
    match error["type"]:
        case "extra_forbidden":
            fields = (
                {*kind.model_fields, "channel"}
                if issubclass(kind, Step)
                else set(kind.model_fields)
            )
            fields = set(Late.model_fields) if "late" in error["loc"] else fields
            return f"{name} is not known here", _meant(
                name, fields
            ) or f"Known are: {', '.join(sorted(fields))}"
        case "missing":
            return f"{name} is missing", ""
        case "enum" | "literal_error":
            expected = [
                word.strip(" '")
                for word in str(error["ctx"]["expected"]).replace(" or ", ", ").split(",")
            ]
            return f"{given!r} is not possible here", _meant(
                str(given), expected
            ) or f"Possible are: {', '.join(expected)}"
        case "string_pattern_mismatch":
            return f"{given!r} is no name", "Use small letters, digits and _, such as day_3"
        case "no_day":
            written = str(error["ctx"]["written"])
            return f"{written!r} is no day", _meant(
                written, {"holidays", "mon-fri", *DAYS}
            ) or "Write mon, sat or mon-fri"
        case "value_error":
            message, _, suggestion = str(error["msg"]).removeprefix("Value error, ").partition("; ")
            return message, suggestion[:1].upper() + suggestion[1:]
        case _:
            return f"{given!r}: {error['msg']}", ""


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else ""
