"""The types of the journey file; an editor shows their field descriptions."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from itertools import chain, pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from contracts.events.touch import Channel

ALWAYS = "always"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = timedelta(days=3650)
CALL_BACK = "call_back"
CALL_BACKS = 3  # that a lead may ask for
DAY = timedelta(days=1)
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604_800}

_PART = r"\d+ (?:second|minute|hour|day|week)s?"
DURATION = rf"^{_PART}(?: {_PART})*$"
SPAN = r"^([01]\d|2[0-4]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$"
DAY_NAMES = rf"^({'|'.join(DAYS)})(-({'|'.join(DAYS)}))?$"

Spans = tuple[tuple[int, int], ...]  # minutes since midnight: opens, closes


def _parse_duration(written: Any) -> timedelta:
    if isinstance(written, timedelta):
        return written
    if not isinstance(written, str) or not re.fullmatch(DURATION, written):
        raise ValueError(
            f"{written!r} is no duration; write it like 3 days, 24 hours or 30 minutes"
        )
    parts = re.findall(r"(\d+) (\w+?)s?(?= |$)", written)
    seconds = sum(int(number) * UNITS[unit] for number, unit in parts)
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{written!r} is too long; ten years are the most")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Returns the duration as the journey file writes it: `1 day 12 hours`, never in weeks."""
    left = int(duration.total_seconds())
    words = []
    for unit in ("day", "hour", "minute", "second"):
        number, left = divmod(left, UNITS[unit])
        if number:
            plural = "s" if number > 1 else ""
            words.append(f"{number} {unit}{plural}")
    return " ".join(words) or "0 seconds"


Duration = Annotated[
    timedelta,
    BeforeValidator(_parse_duration),
    PlainSerializer(format_duration),
    WithJsonSchema(
        {"type": "string", "pattern": DURATION, "examples": ["3 days", "24 hours", "30 minutes"]}
    ),
]


class FrozenModel(BaseModel):
    """A part of the journey: immutable, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LateRule(StrEnum):
    """When a late touch still goes out."""

    SEND = "send"
    NEXT_WINDOW = "next_window"
    SKIP = "skip"


class Late(FrozenModel):
    """The rule for a touch that could not go out in its hours."""

    rule: LateRule = Field(
        LateRule.NEXT_WINDOW,
        description="send: as soon as its hours allow; next_window: when its hours next begin; "
        "skip: not any more",
    )
    limit: Duration = Field(
        timedelta(days=2), description="Later than this it is skipped, whatever the rule"
    )


class Window(FrozenModel):
    """Hours in the lead's own week: the spans of each day.

    Closed on public holidays unless `holidays` is open.
    """

    week: tuple[Spans, ...]
    holidays: Literal["closed", "open"] = "closed"

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, written: Any) -> Any:
        if not isinstance(written, Mapping) or "week" in written:
            return written
        week: list[Spans] = [()] * 7
        for days, hours in written.items():
            if days == "holidays":
                continue
            for day in _days(str(days)):
                spans = hours if isinstance(hours, list) else [hours]
                week[day] += tuple(_span(span) for span in spans)
        return {"week": tuple(week), "holidays": written.get("holidays", "closed")}

    @model_validator(mode="after")
    def _has_each_hour_once(self) -> Self:
        for name, spans in zip(DAYS, self.week, strict=True):
            if any(later[0] < earlier[1] for earlier, later in pairwise(sorted(spans))):
                raise ValueError(f"two spans of {name} overlap; write each hour once")
        return self


def _days(written: str) -> list[int]:
    if not re.fullmatch(DAY_NAMES, written):
        raise PydanticCustomError("no_day", "no day", {"written": written})
    first, _, last = written.partition("-")
    begin = DAYS.index(first)
    end = DAYS.index(last or first)
    if end < begin:  # over the end of the week, such as sat-mon
        end += 7
    return [day % 7 for day in range(begin, end + 1)]


def _span(written: Any) -> tuple[int, int]:
    if not isinstance(written, str) or not re.fullmatch(SPAN, written):
        raise ValueError(f"{written!r} is no span of hours; write it like 09:00-19:00, in quotes")
    begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in written.split("-"))
    if end > 1440:
        raise ValueError(f"{written} goes beyond the day; a day ends at 24:00")
    if begin >= end:
        raise ValueError(f"{written} ends before it begins; write the earlier time first")
    return begin, end


WindowAsWritten = Annotated[
    Window,
    WithJsonSchema(
        {
            "type": "object",
            "description": "The lead's own hours, by day: mon-fri: '09:00-19:00'",
            "properties": {"holidays": {"enum": ["closed", "open"], "default": "closed"}},
            "patternProperties": {
                DAY_NAMES: {
                    "anyOf": [
                        {"type": "string", "pattern": SPAN},
                        {"type": "array", "items": {"type": "string", "pattern": SPAN}},
                    ]
                }
            },
            "additionalProperties": False,
        }
    ),
]


class Step(FrozenModel):
    """One touch. Each of its channels has its own text, under the common name `template`."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="The step's name, also in the audit log"
    )
    channels: tuple[Channel, ...] = Field(description="In order of fallback")
    template: str = Field("", description="The text's name; by default the step's own name")
    window: str = Field(
        ALWAYS, description="The hours in which it goes out: one of `windows`, or always"
    )
    late: Late = Late()

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, written: Any) -> Any:
        if not isinstance(written, Mapping):
            return written
        given = dict(written)
        if "channel" in given and "channels" in given:
            raise ValueError("channel and channels are the same; keep one of them")
        if "channel" in given:
            given["channels"] = [given.pop("channel")]
        given.setdefault("template", given.get("name", ""))
        return given


class Half(StrEnum):
    """A half of the next day's hours."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    OTHER_HALF = "other_half"  # than that of the call before


class Attempt(FrozenModel):
    """When somebody whom a call did not reach is called again."""

    after: Duration | None = Field(None, description="Since the call before")
    next_day: Half | None = Field(
        None, description="On the next day, in that half, or in the other half than the call before"
    )

    @model_validator(mode="after")
    def _has_one_time(self) -> Self:
        if (self.after is None) == (self.next_day is None):
            raise ValueError("write exactly one of after: … and next_day: …")
        return self


class FirstContactStep(Step):
    """A touch at once, when the lead comes in."""

    attempts: tuple[Attempt, ...] = Field(
        (),
        max_length=5,
        description="Further calls, after the one at once, until the lead is reached. None of them "
        "falls back to another channel",
    )
    on_first_message: Literal[True] | None = Field(
        None, description="Answers who wrote to us first, instead of who filled in a form"
    )


class AttemptStep(Step):
    """A further call to who was not reached by the step `previous`."""

    previous: str
    attempt: Attempt


class CallBackStep(Step):
    """A call to who asked for one at another hour: their first wish, or their second, or third."""

    number: int


class FollowUpStep(Step):
    """A touch some time after the lead came in, until the lead books."""

    after: Duration = Field(description="Since the lead came in")


class MeetingStep(Step):
    """A touch about a booked meeting, at one moment of it."""

    on_booking: Literal[True] | None = Field(
        None, description="As soon as it is booked, and again when it is moved"
    )
    on_cancel: Literal[True] | None = Field(None, description="When it is cancelled")
    on_no_show: Literal[True] | None = Field(
        None, description="When the host marks the lead as absent"
    )
    before: Duration | None = Field(None, description="Before the meeting begins")
    after: Duration | None = Field(
        None, description="After the meeting has ended, if both sides came"
    )

    @model_validator(mode="after")
    def _has_one_time(self) -> Self:
        moments = (self.on_booking, self.on_cancel, self.on_no_show, self.before, self.after)
        if sum(moment is not None for moment in moments) != 1:
            raise ValueError(
                "write exactly one of on_booking: true, on_cancel: true, on_no_show: true, "
                "before: … and after: …"
            )
        return self

    @property
    def is_for_what_comes(self) -> bool:
        """Whether it is about a meeting that lies ahead, so that it has no sense once it began."""
        return bool(self.on_booking) or self.before is not None

    @property
    def is_for_what_was(self) -> bool:
        """Whether it follows a meeting, held or missed."""
        return bool(self.on_no_show) or self.after is not None


class Journey(FrozenModel):
    """All touches of a lead, from the form to after the meeting."""

    windows: dict[str, WindowAsWritten] = Field({}, description="Hours by name, for the steps")
    pause_after_reply: Duration = Field(
        timedelta(days=1),
        description="How long the next follow-up waits after the lead wrote to us",
    )
    on_return: Literal["restart", "join"] = Field(
        "restart",
        description="A lead who fills in a form again more than a day later: restart answers at "
        "once and begins the follow-up again; join goes on with the follow-up that runs",
    )
    first_contact: tuple[FirstContactStep, ...] = ()
    follow_up: tuple[FollowUpStep, ...] = ()
    meeting: tuple[MeetingStep, ...] = ()
    demonstration: bool = Field(
        False, description="Without approved templates; refused beside a real Twilio account"
    )
    any_hour: bool = Field(
        False,
        description="Without legal hours, and without limits for follow-ups; only with "
        "demonstration: true",
    )
    day: Duration = Field(
        DAY,
        description="How long a day of the daily and weekly limits is; only with "
        "demonstration: true",
    )

    @model_validator(mode="after")
    def _is_real_or_a_demonstration(self) -> Self:
        if not self.demonstration and (self.any_hour or self.day != DAY):
            raise ValueError("any_hour and day are for a demonstration; add demonstration: true")
        if self.day < timedelta(seconds=1):
            raise ValueError("a day is too short; one second is the least")
        return self

    @cached_property
    def attempts(self) -> tuple[AttemptStep, ...]:
        """The further calls of the first contact, as steps: welcome_call_2, welcome_call_3."""
        return tuple(chain.from_iterable(map(_attempts_of, self.first_contact)))

    @cached_property
    def call_backs(self) -> tuple[CallBackStep, ...]:
        """The calls at an hour that the lead chose, as steps: call_back, call_back_2, call_back_3.

        They are like the first contact's call; a journey without one has none.
        """
        called = next((step for step in self.first_contact if Channel.CALL in step.channels), None)
        if called is None:
            return ()
        return tuple(_call_back(called, number) for number in range(1, CALL_BACKS + 1))

    @property
    def written_steps(self) -> tuple[Step, ...]:
        """Returns the steps of the file, in the order of its sections, with their attempts."""
        return (*self.first_contact, *self.attempts, *self.follow_up, *self.meeting)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Returns all steps: those of the file, and the calls that a lead may ask for."""
        return (*self.written_steps, *self.call_backs)

    def step(self, name: str) -> Step:
        """Returns the step of that name. Raises KeyError where there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)


def _attempts_of(step: FirstContactStep) -> Iterator[AttemptStep]:
    previous = step.name
    for number, attempt in enumerate(step.attempts, 2):
        again = AttemptStep(
            name=f"{step.name}_{number}",
            channels=(Channel.CALL,),
            template=step.template,
            window=step.window,
            late=step.late,
            previous=previous,
            attempt=attempt,
        )
        yield again
        previous = again.name


def _call_back(step: FirstContactStep, number: int) -> CallBackStep:
    return CallBackStep(
        name=CALL_BACK if number == 1 else f"{CALL_BACK}_{number}",
        channels=step.channels[step.channels.index(Channel.CALL) :],
        template=step.template,
        late=Late(limit=DAY),
        number=number,
    )


def json_schema() -> dict[str, Any]:
    """Returns the JSON schema of the journey file as it is written, for editors."""
    schema = Journey.model_json_schema(mode="validation")
    for name in ("FirstContactStep", "FollowUpStep", "MeetingStep"):
        step = schema["$defs"][name]
        step["properties"]["channel"] = {
            "$ref": "#/$defs/Channel",
            "description": "The only channel",
        }
        step["required"] = [field for field in step["required"] if field != "channels"]
        step["oneOf"] = [{"required": ["channel"]}, {"required": ["channels"]}]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pauta: a journey",
        **schema,
    }
