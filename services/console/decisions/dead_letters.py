"""How a parked message reads: what it was, why it was parked, and what became of it before."""

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

SHOWN = 4000
MADE_BY_FAILURE = ("x-error", "x-reason", "x-where", "x-last-failure")


@dataclass(frozen=True, slots=True)
class Letter:
    """One parked message, or one row that was set aside (`reason` is `failed`).

    A message's `reason` is `permanent`, `attempts-exhausted`, or the broker's own word.
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
    """A row that a service could not work on. Each field is a column of `failed_work`."""

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
    """The row as a letter, to be listed, retried and discarded with the others."""
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
    """The letter in a message, however little of it can be read. `queue` is where it was to be worked on."""
    broker = _broker_s_own(headers)
    content = _content(body)
    return Letter(
        letter_id=hashlib.sha256(
            b"\0".join([queue.encode(), message_id.encode(), body])
        ).hexdigest()[:12],
        service=queue.partition(".")[0],
        queue=queue,
        topic=str(content.get("topic", "")) if isinstance(content, Mapping) else "",
        lead_id=int(lead) if lead.isascii() and lead.isdigit() and len(lead) < 19 else 0,
        reason=str(headers.get("x-reason") or broker.get("reason") or "?"),
        error=str(headers.get("x-error") or f"the broker gave up: {broker.get('reason', '?')}"),
        where=str(headers.get("x-where") or ""),
        attempts=int(headers.get("x-attempt") or broker.get("count") or 1),
        first_failure=str(headers.get("x-first-failure") or broker.get("time") or ""),
        last_failure=str(headers.get("x-last-failure") or broker.get("time") or ""),
        replayed=int(headers.get("x-replayed") or 0),
        body=without_personal_data(content)
        if isinstance(content, Mapping)
        else mask(str(content))[:SHOWN],
    )


def grouped(letters: Iterable[Letter]) -> list[tuple[str, str, list[Letter]]]:
    """Queue, cause and letters of each kind of failure, the largest first."""
    groups: dict[tuple[str, str, Outage | None], list[Letter]] = {}
    for letter in letters:
        kind = (letter.queue, letter.error.partition(":")[0], read_outage(letter.error))
        groups.setdefault(kind, []).append(letter)
    return [
        (queue, cause, one)
        for (queue, cause, _), one in sorted(groups.items(), key=lambda pair: -len(pair[1]))
    ]


def headers_for_replay(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The headers of a message that is tried anew: its first failure and how often it was replayed stay known."""
    kept = {
        name: value
        for name, value in headers.items()
        if name not in MADE_BY_FAILURE
        and not name.startswith(("x-death", "x-first-death", "x-last-death"))
    }
    return kept | {"x-attempt": 1, "x-replayed": int(headers.get("x-replayed") or 0) + 1}


def _broker_s_own(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the broker noted when it dead-lettered the message by itself."""
    deaths = headers.get("x-death")
    first = deaths[0] if isinstance(deaths, list) and deaths else {}
    return first if isinstance(first, Mapping) else {}


def _content(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body[:SHOWN].decode(errors="replace")
