"""Decides what an operator must see of the doors that leads come in by."""

import re
from collections.abc import Iterable, Sequence

from contracts.api.submissions import FileImport, HeldList, HeldSubmission, SourceStatus
from contracts.events.submission import HoldReason
from services.console.decisions.labels import OUTCOMES

# sources without keys of ours; any other name is a form that has its own address
BUILT_IN = (
    "form",
    "meta",
    "google",
    "tiktok",
    "typeform",
    "tally",
    "webflow",
    "whatsapp",
    "file",
)
SUMMARY = re.compile(r"([a-z_]+)(?: (\d{1,9}))?")
SHOWN = ("refused", "failed", "held")  # the outcomes of a line that an operator must read


def is_keyed(source: str) -> bool:
    """Whether the source is a form with keys of ours, which are added and rotated here."""
    return source not in BUILT_IN


def to_review(held: HeldList) -> int:
    """Returns how many held submissions wait for a decision; test leads wait for none."""
    return sum(count for reason, count in held.counts.items() if reason is not HoldReason.TEST)


def tests_apart(
    submissions: Sequence[HeldSubmission],
) -> tuple[list[HeldSubmission], list[HeldSubmission]]:
    """Returns the submissions that wait for a decision, and then the test leads."""
    tests = [submission for submission in submissions if submission.reason is HoldReason.TEST]
    waiting = [submission for submission in submissions if submission not in tests]
    return waiting, tests


def in_trouble(sources: Iterable[SourceStatus]) -> list[SourceStatus]:
    """Returns the sources with a problem, then those that are silent."""
    troubled = [source for source in sources if source.problem or source.silent]
    return sorted(troubled, key=lambda source: not source.problem)


def finished(file: FileImport) -> bool:
    """Whether every line of the file has its outcome."""
    return file.done >= file.total


def mapping_of(columns: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """Returns the field of each column, as a form names them in two lists of the same length.

    Raises ValueError for lists of different lengths.
    """
    return dict(zip(columns, fields, strict=True))


def read_outcomes(outcome: str) -> list[tuple[str, int]]:
    """Returns the outcomes in the summary of a delivery, such as `new 2, held 1`, each counted.

    Of the errors of a form, such as `email bad_email`, the codes are returned. A sentence is
    returned as it is.
    """
    found: dict[str, int] = {}
    for part in outcome.split(", "):
        summary = SUMMARY.fullmatch(part)
        code = part.rpartition(" ")[2]
        if summary is not None:
            found[summary[1]] = int(summary[2] or 1)
        elif code in OUTCOMES:
            found[code] = 1
        else:
            return [(outcome, 1)]
    return list(found.items())


def lines_to_read(file: FileImport, limit: int) -> list[tuple[int, str, str, str]]:
    """Returns number, name, outcome and reason of the file's first lines that bring no lead."""
    shown = [line for line in file.lines if line.outcome in SHOWN]
    return [(line.line, line.name, line.outcome, line.reason) for line in shown[:limit]]
