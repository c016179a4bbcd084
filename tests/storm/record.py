"""What a storm's people, operators and doors saw: times are Unix seconds of the product's clock."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.storm.story import Person


@dataclass(frozen=True)
class Repeat:
    """The answer to a form that was sent once more under its key, perhaps with other content."""

    is_changed: bool
    status: int
    lead_id: int


@dataclass
class Submission:
    """A form and the answer to it. `lead_id` is 0 where it was not accepted.

    `key` is its Idempotency-Key, which a browser's form does not have. By another `door` than our
    form it is answered to the platform, and its lead is seen in Kommo.
    """

    person: Person
    form: dict[str, str]
    sent_at: float
    answered_at: float = 0.0
    status: int = 0
    lead_id: int = 0
    tries: int = 1
    key: str = ""
    door: str = "form"
    repeats: list[Repeat] = field(default_factory=list)


@dataclass(frozen=True)
class Moment:
    """Something that a person or operator did, once our door had answered it."""

    what: str
    at: float
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass
class Life:
    person: Person
    submissions: list[Submission] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)

    @property
    def leads(self) -> list[int]:
        return [submission.lead_id for submission in self.submissions if submission.lead_id]

    def first(self, *whats: str) -> float | None:
        """Returns when the first of these happened."""
        times = [moment.at for moment in self.moments if moment.what in whats]
        return min(times, default=None)

    def count(self, what: str) -> int:
        return sum(moment.what == what for moment in self.moments)


@dataclass(frozen=True)
class Touch:
    """A call, message or mail that a provider was asked for.

    `outcome` is the provider's last word on a message: `delivered`, `undelivered` and the like.
    """

    touch_id: str
    channel: str
    to: str
    at: float
    text: str
    outcome: str = ""


@dataclass
class Record:
    """Everything that can be seen from outside once the storm is over."""

    lives: dict[int, Life] = field(default_factory=dict)
    answers: list[tuple[str, int]] = field(default_factory=list)
    forged: list[tuple[str, int]] = field(default_factory=list)  # webhooks, and the answers
    touches: list[Touch] = field(default_factory=list)
    actions: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    plans: dict[int, dict[str, Any]] = field(default_factory=dict)
    kommo: dict[str, Any] = field(default_factory=dict)
    kommo_asked: list[float] = field(default_factory=list)  # when
    calendar: list[dict[str, Any]] = field(default_factory=list)
    dead_letters: list[dict[str, Any]] = field(default_factory=list)
    depths: dict[str, int] = field(default_factory=dict)
    remains: list[tuple[int, str]] = field(default_factory=list)  # of erased people, and where
    logs: str = ""
    memory: dict[str, int] = field(default_factory=dict)  # peak, in MB, by process
    troubles: list[tuple[str, float]] = field(default_factory=list)
    ended_at: float = 0.0

    def keep(self, path: Path) -> None:
        """Writes the logs, and everything else as JSON, into files that begin with this name."""
        path.with_suffix(".log").write_text(self.logs)
        seen = {name: value for name, value in asdict(self).items() if name != "logs"}
        path.with_suffix(".json").write_text(json.dumps(seen, ensure_ascii=False, indent=1))
