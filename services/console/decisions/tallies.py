"""The counts that a lead adds to the metrics, by the hour of its form.

Pure: the same lead always adds the same counts.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from services.console.decisions.leads import Lead

FORM_SOURCE = "fuente"
GROUPS = (FORM_SOURCE, "utm_source", "utm_medium", "utm_campaign")
STEP = "step"
OUTCOME = "outcome"
MAX_NAME = 200  # characters of a source, because a form may send any text


class Cell(NamedTuple):
    """The key of a count: a source, a step and the state of its leads, or a step and an outcome."""

    figure: str
    hour: datetime
    name: str
    value: str


class Counts(NamedTuple):
    """The counts of a cell. Each field is a column of `tallies`.

    For a step or an outcome only the leads are counted.
    """

    leads: int = 0
    reached: int = 0
    booked: int = 0
    met: int = 0
    calls: int = 0
    whatsapps: int = 0
    texts: int = 0


Tallies = dict[Cell, Counts]

NONE = Counts()
ONE = Counts(leads=1)


def hour_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def tallied(lead: Lead) -> Tallies:
    """Returns the counts that the lead adds; none before its form is known."""
    return dict(_cells(lead))


def _cells(lead: Lead) -> Iterator[tuple[Cell, Counts]]:
    if lead.accepted_at is None:
        return
    hour = hour_of(lead.accepted_at)
    yield Cell(STEP, hour, lead.step, str(lead.state)), ONE
    for step, outcome in lead.steps.items():
        yield Cell(OUTCOME, hour, step, outcome), ONE
    counts = Counts(
        leads=1,
        reached=int(lead.reached_at is not None),
        booked=int(lead.booked_at is not None),
        met=int(lead.met_at is not None),
        calls=lead.calls,
        whatsapps=lead.whatsapps,
        texts=lead.texts,
    )
    for group in GROUPS:
        source = lead.source if group == FORM_SOURCE else lead.came_by(group)
        yield Cell(group, hour, source[:MAX_NAME], ""), counts


def add_change(changes: Tallies, before: Tallies, after: Tallies) -> None:
    """Adds to `changes` the difference between a lead's counts before and after."""
    for cell in before.keys() | after.keys():
        columns = zip(
            changes.get(cell, NONE), before.get(cell, NONE), after.get(cell, NONE), strict=True
        )
        changes[cell] = Counts(*(total - was + now for total, was, now in columns))


def changed(changes: Mapping[Cell, Counts]) -> list[tuple[Cell, Counts]]:
    """Returns the cells whose counts change, sorted."""
    return sorted((cell, counts) for cell, counts in changes.items() if any(counts))
