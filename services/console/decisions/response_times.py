"""The timeline of a lead from the form to the booking: when each stage was, whose time each gap."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.console.decisions.leads import Lead


class Owner(StrEnum):
    """The owner of a time: we, a provider, the contact hours, a hold, or the person."""

    OURS = "ours"
    PROVIDER = "provider"
    WINDOW = "window"
    HELD = "held"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Gap:
    """A time between two stages."""

    whose: Owner
    seconds: float


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the timeline: its name, its time, and the gaps since the stage before it."""

    name: str
    at: datetime
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Downtime:
    """A time in which a provider was unavailable. Without an end, it still is."""

    begins: datetime
    ends: datetime | None = None

    def within(self, begin: datetime, end: datetime) -> timedelta:
        """Returns how much of the span it took."""
        return max(timedelta(0), min(self.ends or end, end) - max(self.begins, begin))


def downtimes(changes: Sequence[tuple[datetime, bool]]) -> list[Downtime]:
    """Returns a provider's downtimes from its changes, in order: when, and whether unavailable."""
    found: list[Downtime] = []
    for at, unavailable in changes:
        open_since = found[-1].begins if found and found[-1].ends is None else None
        if unavailable and open_since is None:
            found.append(Downtime(at))
        elif not unavailable and open_since is not None:
            found[-1] = Downtime(open_since, at)
    return found


def timeline(lead: Lead, kommo_downtimes: Sequence[Downtime] = ()) -> list[Stage]:
    """Returns the stages that the lead has come to, in the order of the journey."""
    return list(_stages(lead, kommo_downtimes))


def _stages(lead: Lead, kommo_downtimes: Sequence[Downtime]) -> Iterator[Stage]:
    if lead.received_at is None or lead.accepted_at is None:
        return
    yield Stage("received", lead.received_at)
    yield Stage(
        "accepted", lead.accepted_at, _gaps((Owner.OURS, lead.received_at, lead.accepted_at))
    )
    if lead.registered_at is not None:
        asked = lead.kommo_asked_at or lead.registered_at
        unavailable = timedelta(0)
        for downtime in kommo_downtimes:
            unavailable += downtime.within(lead.accepted_at, asked)
        # Kommo's downtimes are its own time, as is the time of its answer.
        ours_until = asked - unavailable
        gaps = _gaps(
            (Owner.OURS, lead.accepted_at, ours_until),
            (Owner.PROVIDER, ours_until, lead.registered_at),
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
    yield Stage("dialled", sent, _gaps(*before, (Owner.PROVIDER, lead.call_asked_at, sent)))
    if lead.call_ended_at is not None:
        name = "answered" if lead.call_end == "answered" else "unanswered"
        yield Stage(name, lead.call_ended_at, _gaps((Owner.PERSON, sent, lead.call_ended_at)))


def _fallback(lead: Lead) -> Iterator[Stage]:
    if lead.fallback_sent_at is None or lead.call_end == "answered":
        return
    asked = lead.fallback_asked_at or lead.fallback_sent_at
    since = lead.call_ended_at or asked
    gaps = _gaps((Owner.OURS, since, asked), (Owner.PROVIDER, asked, lead.fallback_sent_at))
    yield Stage("fallback_sent", lead.fallback_sent_at, gaps)
    if lead.delivered_at is not None:
        yield Stage(
            "delivered",
            lead.delivered_at,
            _gaps((Owner.PROVIDER, lead.fallback_sent_at, lead.delivered_at)),
        )


def _gaps(*spans: tuple[Owner, datetime, datetime]) -> tuple[Gap, ...]:
    """Returns the gaps that took time.

    None is below zero, though the clocks of two machines may differ by a little.
    """
    seconds = [(whose, (end - begin).total_seconds()) for whose, begin, end in spans]
    return tuple(Gap(whose, length) for whose, length in seconds if length > 0)


@dataclass(frozen=True, slots=True)
class Objective:
    """The objective: `share` of the calls requested within `seconds` of when their hours allow."""

    seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class Budget:
    """The error budget: how many calls may miss the objective, and how many have."""

    calls: int
    missed: int
    allowed: int

    @property
    def kept(self) -> float:
        """The share of the calls that were in time."""
        return 1.0 if not self.calls else 1 - self.missed / self.calls

    @property
    def left(self) -> float:
        """The share of the error budget that is left; below zero when it is overspent."""
        if not self.missed:
            return 1.0
        if not self.allowed:
            return -1.0
        return 1 - self.missed / self.allowed


def budget(calls: int, missed: int, objective: Objective) -> Budget:
    return Budget(calls, missed, int(calls * (1 - objective.share) + 1e-9))


def cause(lead: Lead) -> Owner | str:
    """Returns why a lead's call was late: the reason of its hold, or our own time."""
    return lead.call_held or Owner.OURS
