"""What a lead adds to the figures, by the hour in which it came. Pure: the same lead always adds the same."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from services.console.decisions.leads import Lead

FORM_SOURCE = "fuente"
GROUPS = (FORM_SOURCE, "utm_source", "utm_medium", "utm_campaign")
STEP, OUTCOME = "step", "outcome"
LONGEST_NAME = 200  # of a source: a form may say anything


class Cell(NamedTuple):
    """What is counted: a source, a step and the state of who stands there, or a step and its outcome."""

    figure: str
    hour: datetime
    name: str
    value: str


class Counts(NamedTuple):
    """Each field is a column of `tallies`; of a step or an outcome only the leads are counted."""

    leads: int = 0
    reached: int = 0
    booked: int = 0
    met: int = 0
    calls: int = 0
    whatsapps: int = 0
    texts: int = 0


Tallies = dict[Cell, Counts]

NONE, ONE = Counts(), Counts(leads=1)


def hour_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def tallied(lead: Lead) -> Tallies:
    """Returns what the lead adds; nothing before its form is known."""
    return dict(_cells(lead))


def _cells(lead: Lead) -> Iterator[tuple[Cell, Counts]]:
    if lead.accepted_at is None:
        return
    hour = hour_of(lead.accepted_at)
    yield Cell(STEP, hour, lead.step, str(lead.state)), ONE
    for step, outcome in lead.steps.items():
        yield Cell(OUTCOME, hour, step, outcome), ONE
    became = Counts(
        leads=1,
        reached=int(lead.reached_at is not None),
        booked=int(lead.booked_at is not None),
        met=int(lead.met_at is not None),
        calls=lead.calls,
        whatsapps=lead.whatsapps,
        texts=lead.texts,
    )
    for group in GROUPS:
        source = lead.source if group == FORM_SOURCE else lead.fields.get(group, "")
        yield Cell(group, hour, source[:LONGEST_NAME], ""), became


def add_change(changes: Tallies, before: Tallies, after: Tallies) -> None:
    """Adds to `changes` what a lead adds now and did not add before, and takes off what it adds no more."""
    for cell in before.keys() | after.keys():
        columns = zip(
            changes.get(cell, NONE), before.get(cell, NONE), after.get(cell, NONE), strict=True
        )
        changes[cell] = Counts(*(total - was + now for total, was, now in columns))


def changed(changes: Mapping[Cell, Counts]) -> list[tuple[Cell, Counts]]:
    """Returns the cells that are not what they were, in their order."""
    return sorted((cell, counts) for cell, counts in changes.items() if any(counts))
