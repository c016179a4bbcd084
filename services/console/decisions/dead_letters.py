"""Reads dead letters: the message, the reason, and its earlier attempts and replays."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.events.failed_work import WorkFailed
from kit.masking import mask
from services.console.decisions.actions import without_personal_data
from services.console.decisions.outages import Outage, read_outage

MAX_BODY = 4000  # characters that are shown of a body that is no JSON object
FAILURE_HEADERS = ("x-error", "x-reason", "x-where", "x-last-failure")
DEATH_HEADERS = ("x-death", "x-first-death", "x-last-death")


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter of the broker, or one failed row (its `reason` is `failed`).

    The `reason` of a dead letter is `permanent`, `attempts-exhausted`, or the broker's own word.
    """

    letter_id: str
    service: str
    queue: str
    topic: str
    lead_id: int
    reason: str
    error: str
    where: str
    attempts: int
    first_failure: str
    last_failure: str
    replayed: int
    body: Any


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that a service could not process. Each field is a column of `failed_work`."""

    service: str
    kind: str
    row_id: int
    lead_id: int
    reason: str
    at: datetime

    @property
    def letter_id(self) -> str:
        return f"{self.service}-{self.kind}-{self.row_id}"


def letter_of(row: FailedRow) -> Letter:
    """Returns the row as a letter, to be listed, retried and discarded with the others."""
    at = row.at.isoformat(timespec="milliseconds")
    return Letter(
        letter_id=row.letter_id,
        service=row.service,
        queue=f"{row.service}.{row.kind}",
        topic=WorkFailed.topic_name(),
        lead_id=row.lead_id,
        reason="failed",
        error=mask(row.reason),
        where="",
        attempts=1,
        first_failure=at,
        last_failure=at,
        replayed=0,
        body={"service": row.service, "kind": row.kind, "row_id": row.row_id},
    )


def read_letter(
    *, queue: str, body: bytes, message_id: str, lead: str, headers: Mapping[str, Any]
) -> Letter:
    """Returns the letter in a message, also where little of it can be read.

    `queue` is the queue of the consumer that failed.
    """
    death = _broker_death(headers)
    content = _content(body)
    topic = ""
    shown_body: Any = mask(str(content))[:MAX_BODY]
    if isinstance(content, Mapping):
        topic = str(content.get("topic", ""))
        shown_body = without_personal_data(content)
    identity = b"\0".join([queue.encode(), message_id.encode(), body])
    return Letter(
        letter_id=hashlib.sha256(identity).hexdigest()[:12],
        service=queue.partition(".")[0],
        queue=queue,
        topic=topic,
        lead_id=int(lead) if lead.isascii() and lead.isdigit() and len(lead) < 19 else 0,
        reason=str(headers.get("x-reason") or death.get("reason") or "?"),
        error=str(headers.get("x-error") or f"the broker gave up: {death.get('reason', '?')}"),
        where=str(headers.get("x-where") or ""),
        attempts=int(headers.get("x-attempt") or death.get("count") or 1),
        first_failure=str(headers.get("x-first-failure") or death.get("time") or ""),
        last_failure=str(headers.get("x-last-failure") or death.get("time") or ""),
        replayed=int(headers.get("x-replayed") or 0),
        body=shown_body,
    )


def grouped(letters: Iterable[Letter]) -> list[tuple[str, str, list[Letter]]]:
    """Returns the queue, the cause and the letters of each kind of failure, the largest first."""
    groups: dict[tuple[str, str, Outage | None], list[Letter]] = {}
    for letter in letters:
        kind = (letter.queue, letter.error.partition(":")[0], read_outage(letter.error))
        groups.setdefault(kind, []).append(letter)
    largest_first = sorted(groups.items(), key=lambda pair: -len(pair[1]))
    return [(queue, cause, group) for (queue, cause, _), group in largest_first]


def headers_for_replay(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the headers for a replay.

    They keep the first failure and count the replays; the attempts start again at one.
    """
    kept = {
        name: value
        for name, value in headers.items()
        if name not in FAILURE_HEADERS and not name.startswith(DEATH_HEADERS)
    }
    return kept | {"x-attempt": 1, "x-replayed": int(headers.get("x-replayed") or 0) + 1}


def _broker_death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the first `x-death` entry, which RabbitMQ adds when it dead-letters by itself."""
    deaths = headers.get("x-death")
    first = deaths[0] if isinstance(deaths, list) and deaths else {}
    return first if isinstance(first, Mapping) else {}


def _content(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body[:MAX_BODY].decode(errors="replace")
