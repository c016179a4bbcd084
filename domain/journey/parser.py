"""Reads the journey file, and reports every mistake with its line and a suggestion."""

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar, assert_never

import yaml
from pydantic import BaseModel, ValidationError

from contracts.events.touch import Channel
from domain.channels import facts_of
from domain.journey.contact_hours import longest_closed, openings, windows_of
from domain.journey.model import (
    ALWAYS,
    DAYS,
    Attempt,
    FirstContactStep,
    FollowUpStep,
    Journey,
    Late,
    MeetingStep,
    Step,
    Window,
    format_duration,
)
from domain.journey.texts import VOICEMAIL

SECTIONS: dict[str, type[Step]] = {
    "first_contact": FirstContactStep,
    "follow_up": FollowUpStep,
    "meeting": MeetingStep,
}
BOOKING_LINK = "booking_link"  # the text for a person who asks for the link during a call

Place = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in the file; lines count from 1."""

    file: str
    line: int
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}: {self.message}"
        return f"{text}. {self.suggestion}" if self.suggestion else text


class InvalidJourney(Exception):
    """Holds all mistakes of the file."""

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
    """Returns the journey in `text`. Raises InvalidJourney.

    `content_sids` names the approved WhatsApp templates; None where they are unknown.
    """
    return _Reader(text, name, templates, content_sids).journey()


def stored_journey(text: str) -> Journey:
    """Returns a journey that was valid when leads entered it; its texts may be missing by now."""
    return Journey.model_validate(yaml.safe_load(text))


def journey_hash(text: str) -> str:
    """Returns the hash that identifies this version of the file."""
    return hashlib.sha256(text.encode()).hexdigest()


def templates_in(folder: Path, language: str) -> dict[Channel, set[str]]:
    """Returns the names of the texts that each channel has.

    An email needs both its parts, and a call also a text for voicemail.
    """
    return {channel: _complete(channel, folder / language) for channel in Channel}


def _complete(channel: Channel, folder: Path) -> set[str]:
    """Returns the names of the channel's texts that have all their parts."""
    own = folder / facts_of(channel).templates
    texts = {path.stem for path in own.glob("*.txt")}
    match channel:
        case Channel.EMAIL:
            return texts & {path.stem for path in own.glob("*.mjml")}
        case Channel.CALL:
            return {text for text in texts if f"{text}{VOICEMAIL}" in texts}
        case Channel.WHATSAPP | Channel.SMS:
            return texts
        case _:
            assert_never(channel)


class _Reader:
    """Reads one journey file, and collects its mistakes."""

    def __init__(
        self,
        text: str,
        name: str,
        templates: Mapping[Channel, AbstractSet[str]],
        content_sids: AbstractSet[str] | None,
    ) -> None:
        self._text = text
        self._name = name
        self._templates = templates
        self._content_sids = content_sids
        self._lines: dict[Place, int] = {}
        self._mistakes: list[Mistake] = []
        self._broken: set[str] = set()  # windows in the file that cannot be read

    def journey(self) -> Journey:
        own_parts = {"windows", *SECTIONS}  # read one by one
        written = self._load()
        windows = self._windows(written)
        steps = self._steps(written)
        options = {key: value for key, value in written.items() if key not in own_parts}
        frame = self._validated(Journey, options, ())
        parts: dict[str, Any] = frame.model_dump(exclude=own_parts) if frame else {}
        parts["windows"] = windows
        for section in SECTIONS:
            parts[section] = tuple(step for place, step in steps if place[0] == section)
        journey = Journey(**parts)
        self._check(steps, journey)
        if self._mistakes:
            raise InvalidJourney(self._mistakes)
        return journey

    # ---- the file as YAML

    def _load(self) -> dict[str, Any]:
        try:
            node = yaml.compose(self._text, Loader=yaml.SafeLoader)
            written = yaml.safe_load(self._text)
            if node is not None:
                self._walk(node, ())
        # ValueError: a date such as 2026-99-99; RecursionError: an alias that contains itself
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            self._add_mistake((), f"no YAML: {_problem_of(error)}", line=line)
            raise InvalidJourney(self._mistakes) from None
        if not isinstance(written, dict):
            self._add_mistake(
                (), "a journey is a list of sections", "Begin with first_contact:", line=1
            )
            raise InvalidJourney(self._mistakes)
        return written

    def _walk(self, node: yaml.Node, path: Place) -> None:
        """Records the line of every node, and reports duplicate keys."""
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                place = (*path, str(key.value))
                if place in self._lines:
                    self._add_mistake(
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
            self._add_mistake(
                ("windows",), "windows are hours by name", "Write calls: {mon-fri: '09:00-19:00'}"
            )
            return {}
        windows: dict[str, Window] = {}
        for name, hours in given.items():
            window = self._window(str(name), hours)
            if window is None:
                self._broken.add(str(name))
            else:
                windows[str(name)] = window
        return windows

    def _window(self, name: str, written: Any) -> Window | None:
        """Returns the window, checked day by day so that each mistake has its own line."""
        place = ("windows", name)
        if name == ALWAYS:
            self._add_mistake(
                place, f"{ALWAYS} exists already, and means any hour", "Give it another name"
            )
            return None
        if not isinstance(written, Mapping):
            self._add_mistake(place, f"{name} has no hours", "Write mon-fri: '09:00-19:00'")
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
                self._add_mistake(
                    (section,), f"{section} is a list of steps", "Begin each with a dash: - name: …"
                )
                continue
            for place, written_step in _numbered(section, given):
                step = self._validated(kind, written_step, place)
                if step is not None:
                    steps.append((place, step))
        return steps

    def _validated(self, kind: type[ModelT], written: Any, place: Place) -> ModelT | None:
        try:
            return kind.model_validate(written)
        except ValidationError as invalid:
            for error in invalid.errors():
                where = (*place, *error["loc"])
                if "channels" in error["loc"] and not self._has((*place, "channels")):
                    where = (*place, "channel")  # a single channel may be written so
                message, suggestion = _describe(error, kind)
                self._add_mistake(where, message, suggestion)
            return None

    # ---- checks across steps

    def _check(self, steps: Sequence[tuple[Place, Step]], journey: Journey) -> None:
        if not steps and not self._mistakes:
            self._add_mistake((), "there is no step", "Begin with first_contact:", line=1)
        counts = Counter(step.name for _, step in steps)
        counts.update(step.name for step in (*journey.attempts, *journey.call_backs))
        for place, step in steps:
            if counts[step.name] > 1:
                self._add_mistake(
                    (*place, "name"), f"two steps are called {step.name}", "Give one another name"
                )
            self._check_attempts(place, step)
            self._check_texts(place, step, journey)
            self._check_hours(place, step, journey)
        follow_up = [(place, step) for place, step in steps if isinstance(step, FollowUpStep)]
        for (_, earlier), (place, later) in pairwise(follow_up):
            if later.after <= earlier.after:
                self._add_mistake(
                    (*place, "after"),
                    f"{later.name} does not come after {earlier.name}",
                    "Write them in order",
                )

    def _check_attempts(self, place: Place, step: Step) -> None:
        if not isinstance(step, FirstContactStep) or not step.attempts:
            return
        if step.channels[:1] != (Channel.CALL,) or step.on_first_message:
            self._add_mistake(
                (*place, "attempts"),
                f"{step.name} does not begin with a call, so it has no attempts",
                "Only a call to who filled in a form is tried again",
            )

    def _check_texts(self, place: Place, step: Step, journey: Journey) -> None:
        where = (*place, "template") if self._has((*place, "template")) else (*place, "name")
        if not step.channels:
            self._add_mistake(
                (*place, "channels"),
                f"{step.name} has no channel",
                f"Possible are: {', '.join(Channel)}",
            )
        if len(set(step.channels)) < len(step.channels):
            self._add_mistake(
                (*place, "channels"), f"{step.name} has a channel twice", "Name each channel once"
            )
        for channel in step.channels:
            known = self._templates.get(channel, set())
            if step.template not in known:
                message = f"there is no text {step.template} for {channel}"
                suggestion = _meant(step.template, known)
                suggestion = suggestion or f"There are: {', '.join(sorted(known))}"
                self._add_mistake(where, message, suggestion)
        if self._content_sids is None or journey.demonstration:
            return
        for template in _by_whatsapp(step):
            if template not in self._content_sids:
                self._add_mistake(
                    where,
                    f"WhatsApp needs an approved template for {template}",
                    f"Add {template}=HX… to TWILIO_CONTENT_SIDS",
                )

    def _check_hours(self, place: Place, step: Step, journey: Journey) -> None:
        if step.window in self._broken:
            return
        if step.window != ALWAYS and step.window not in journey.windows:
            known = {ALWAYS, *journey.windows}
            message = f"there is no window {step.window}"
            suggestion = _meant(step.window, known) or f"There are: {', '.join(sorted(known))}"
            self._add_mistake((*place, "window"), message, suggestion)
            return
        where = (*place, "window") if self._has((*place, "window")) else place
        if not _ever_opens(step, journey):
            self._add_mistake(
                where,
                f"{step.name} can never go out",
                f"{step.window} leaves no time between 08:00 and 21:00",
            )
        elif isinstance(step, MeetingStep) and step.before is not None:
            closed = longest_closed(step, journey)
            if step.before <= closed:
                suggestion = "Write more than 0 seconds"
                if closed:
                    suggestion = f"{step.window} may be closed for {format_duration(closed)}"
                message = f"{step.name} could come after its meeting"
                self._add_mistake((*place, "before"), message, suggestion)

    def _has(self, place: Place) -> bool:
        return place in self._lines

    def _add_mistake(
        self, place: Place, message: str, suggestion: str = "", *, line: int | None = None
    ) -> None:
        """Records a mistake, by default on the line of the innermost part of `place`."""
        if line is None:
            prefixes = (place[:end] for end in range(len(place), -1, -1))
            nearest = next((prefix for prefix in prefixes if self._has(prefix)), ())
            line = self._lines.get(nearest, 1)
        self._mistakes.append(Mistake(self._name, line, message, suggestion))


def _numbered(section: str, given: Sequence[Any]) -> Iterator[tuple[Place, Any]]:
    for index, step in enumerate(given):
        yield (section, index), step


def _by_whatsapp(step: Step) -> Iterator[str]:
    """Yields the texts that need approval: the step's own, and the link that a call offers.

    Who has just written to us is answered in the open session, which needs none.
    """
    answers_message = isinstance(step, FirstContactStep) and step.on_first_message
    if Channel.WHATSAPP in step.channels and not answers_message:
        yield step.template
    if Channel.CALL in step.channels:
        yield BOOKING_LINK


def _ever_opens(step: Step, journey: Journey) -> bool:
    some_day = datetime(2001, 1, 1, tzinfo=UTC)
    hours = [windows_of(step, channel, journey, None) for channel in step.channels]
    return all(not rules or next(openings(some_day, rules, ("UTC",), ""), None) for rules in hours)


def _describe(error: Any, kind: type[BaseModel]) -> tuple[str, str]:
    """Returns the mistake in plain words, and a suggestion or an empty text."""
    name = str(error["loc"][-1]) if error["loc"] else ""
    given = error.get("input")
    match error["type"]:
        case "extra_forbidden":
            fields = set(kind.model_fields)
            if "late" in error["loc"]:
                fields = set(Late.model_fields)
            elif "attempts" in error["loc"][:-1]:
                fields = set(Attempt.model_fields)
            elif issubclass(kind, Step):
                fields.add("channel")
            suggestion = _meant(name, fields) or f"Known are: {', '.join(sorted(fields))}"
            return f"{name} is not known here", suggestion
        case "missing":
            return f"{name} is missing", ""
        case "enum" | "literal_error":
            expected = str(error["ctx"]["expected"]).replace(" or ", ", ").split(",")
            words = [word.strip(" '") for word in expected]
            suggestion = _meant(str(given), words) or f"Possible are: {', '.join(words)}"
            return f"{given!r} is not possible here", suggestion
        case "string_pattern_mismatch":
            return f"{given!r} is no name", "Use small letters, digits and _, such as day_3"
        case "no_day":
            written = str(error["ctx"]["written"])
            suggestion = _meant(written, {"holidays", "mon-fri", *DAYS})
            return f"{written!r} is no day", suggestion or "Write mon, sat or mon-fri"
        case "value_error":
            message, _, suggestion = str(error["msg"]).removeprefix("Value error, ").partition("; ")
            return message, suggestion[:1].upper() + suggestion[1:]
        case _:
            return f"{given!r}: {error['msg']}", ""


def _problem_of(error: Exception) -> str:
    problem = getattr(error, "problem", None)
    if problem:
        return str(problem)
    return str(error) if isinstance(error, ValueError) else "cannot be read"


def _meant(word: str, known: Iterable[str]) -> str:
    """Returns a question about the most similar known word; empty where none is similar."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else ""
