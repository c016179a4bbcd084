"""From the form to the booking: when each thing happened, and whose time each gap was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.console.decisions.leads import Lead


class Owner(StrEnum):
    """Who spent the time: we, a company, the hours that are kept, an operator's stop, or the person."""

    OURS = "ours"
    COMPANY = "company"
    WINDOW = "window"
    HELD = "held"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Gap:
    whose: Owner
    seconds: float


@dataclass(frozen=True, slots=True)
class Stage:
    """One link of the timeline: what happened, when, and the gaps since the link before it."""

    name: str
    at: datetime
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Absence:
    """While a company did not work for us; without an end, it still does not."""

    begins: datetime
    ends: datetime | None = None

    def within(self, begin: datetime, end: datetime) -> timedelta:
        """How much of a span it took."""
        return max(timedelta(0), min(self.ends or end, end) - max(self.begins, begin))


def absences(said: Sequence[tuple[datetime, bool]]) -> list[Absence]:
    """A company's absences: `said` is when it was said, in order, and whether it was away."""
    found: list[Absence] = []
    for at, away in said:
        open_since = found[-1].begins if found and found[-1].ends is None else None
        if away and open_since is None:
            found.append(Absence(at))
        elif not away and open_since is not None:
            found[-1] = Absence(open_since, at)
    return found


def timeline(lead: Lead, kommo_absences: Sequence[Absence] = ()) -> list[Stage]:
    """The links there are, in the order of the journey: what has not happened is left out."""
    return list(_links(lead, kommo_absences))


def _links(lead: Lead, kommo_absences: Sequence[Absence]) -> Iterator[Stage]:
    if lead.received_at is None or lead.accepted_at is None:
        return
    yield Stage("received", lead.received_at)
    yield Stage(
        "accepted", lead.accepted_at, _gaps((Owner.OURS, lead.received_at, lead.accepted_at))
    )
    if lead.registered_at is not None:
        asked = lead.kommo_asked_at or lead.registered_at
        absent = sum((one.within(lead.accepted_at, asked) for one in kommo_absences), timedelta(0))
        ours_until = (
            asked - absent
        )  # what Kommo was absent is its own time, as is what it took to answer
        gaps = _gaps(
            (Owner.OURS, lead.accepted_at, ours_until),
            (Owner.COMPANY, ours_until, lead.registered_at),
        )
        yield Stage("registered", lead.registered_at, gaps)
    yield from _call(lead, lead.accepted_at)
    yield from _fallback(lead)
    if lead.booked_at is not None:
        since = lead.delivered_at or lead.call_ended_at or lead.accepted_at
        yield Stage("booked", lead.booked_at, _gaps((Owner.PERSON, since, lead.booked_at)))


def _call(lead: Lead, accepted_at: datetime) -> Iterator[Stage]:
    if lead.call_asked_at is None:
        return
    begins = lead.call_begins or accepted_at
    ours = Owner.HELD if lead.call_held else Owner.OURS
    before = ((Owner.WINDOW, accepted_at, begins), (ours, begins, lead.call_asked_at))
    sent = lead.call_sent_at or lead.call_asked_at
    yield Stage("dialled", sent, _gaps(*before, (Owner.COMPANY, lead.call_asked_at, sent)))
    if lead.call_ended_at is not None:
        name = "answered" if lead.call_end == "answered" else "unanswered"
        yield Stage(name, lead.call_ended_at, _gaps((Owner.PERSON, sent, lead.call_ended_at)))


def _fallback(lead: Lead) -> Iterator[Stage]:
    if lead.fallback_sent_at is None or lead.call_end == "answered":
        return
    asked = lead.fallback_asked_at or lead.fallback_sent_at
    since = lead.call_ended_at or asked
    gaps = _gaps((Owner.OURS, since, asked), (Owner.COMPANY, asked, lead.fallback_sent_at))
    yield Stage("fallback_sent", lead.fallback_sent_at, gaps)
    if lead.delivered_at is not None:
        yield Stage(
            "delivered",
            lead.delivered_at,
            _gaps((Owner.COMPANY, lead.fallback_sent_at, lead.delivered_at)),
        )


def _gaps(*spans: tuple[Owner, datetime, datetime]) -> tuple[Gap, ...]:
    """Only what took time; clocks of two machines may differ by a little, so nothing is below zero."""
    return tuple(
        Gap(whose, s) for whose, begin, end in spans if (s := (end - begin).total_seconds()) > 0
    )


@dataclass(frozen=True, slots=True)
class Objective:
    """What is aimed at: `share` of the calls asked for within `seconds` of when their hours allow them."""

    seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class Budget:
    """How many may miss the objective, and how many have."""

    calls: int
    missed: int
    allowed: int

    @property
    def kept(self) -> float:
        """The share that was in time."""
        return 1.0 if not self.calls else 1 - self.missed / self.calls

    @property
    def left(self) -> float:
        """The share of the error budget that is left; below zero when it is overspent."""
        return 1.0 if not self.missed else 1 - self.missed / self.allowed if self.allowed else -1.0


def budget(calls: int, missed: int, objective: Objective) -> Budget:
    return Budget(calls, missed, int(calls * (1 - objective.share) + 1e-9))


def cause(lead: Lead) -> Owner | str:
    """Why a lead's call was late: it was held (the reason), or it was our own time."""
    return lead.call_held or Owner.OURS
