"""intake's answers to console: what is held, the sources, and what they delivered."""

from datetime import datetime

from contracts.api.model import ApiModel
from contracts.events.submission import HoldReason


class HeldSubmission(ApiModel):
    """A submission that waits for an operator. `fields` are as they were sent."""

    submission_id: int
    source: str
    reason: HoldReason
    received_at: datetime
    name: str
    email: str | None = None
    phone: str | None = None
    fields: dict[str, str]


class HeldList(ApiModel):
    """The newest held submissions, and how many there are of each reason."""

    counts: dict[HoldReason, int]
    submissions: list[HeldSubmission]


class SourceKey(ApiModel):
    """A source's key, of which only the beginning is known after it was made."""

    key_id: int
    hint: str
    created_at: datetime


class SourceStatus(ApiModel):
    """A source, its address, and how it does.

    `path` follows PUBLIC_BASE_URL. `keys` are empty for a platform, whose secrets are in the
    environment; `configured` says whether they are there. `problem` is what was last found wrong
    with its token or subscription, empty where nothing is. `silent` since SOURCE_SILENCE.
    """

    name: str
    kind: str
    path: str
    configured: bool
    keys: tuple[SourceKey, ...] = ()
    last_delivery_at: datetime | None = None
    deliveries: int = 0
    refused: int = 0
    held: int = 0
    silent: bool = False
    problem: str = ""


class NewSourceKey(ApiModel):
    """A key that was just made. It is shown this once."""

    name: str
    key: str
    path: str


class Delivery(ApiModel):
    """A request of a source. `state` is received, done, failed or refused.

    `outcome` says what came of it; `lead_ids` are the ids of its submissions.
    """

    delivery_id: int
    source: str
    received_at: datetime
    state: str
    outcome: str
    lead_ids: tuple[int, ...] = ()


class DeliveryDetail(Delivery):
    """A request of a source, with its body as sent, and how its fields were mapped."""

    body: str
    mapping: tuple[dict[str, str], ...] = ()


class ImportedLine(ApiModel):
    """A line of a file.

    `outcome` is new, joined, repeated, held, refused, waiting or failed.
    """

    line: int
    outcome: str
    name: str = ""
    reason: str = ""


class FileImport(ApiModel):
    """A file of leads. A dry run has no `import_id`.

    `mapping` maps each column to a field of the card, or to "" where it is kept as it is.
    `journey` is "current" or "none".
    """

    import_id: int | None = None
    name: str
    journey: str
    mapping: dict[str, str]
    total: int
    done: int
    outcomes: dict[str, int]
    lines: tuple[ImportedLine, ...] = ()
