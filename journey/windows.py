"""When a person may be reached: the step's hours, the law's, the country's and its holidays, wherever they may be."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays

from contracts.touch import Channel
from journey.model import ALWAYS, FollowUpStep, Journey, Step, Window

HORIZON_DAYS = 35
FOREVER = datetime.max.replace(tzinfo=UTC)

LEGAL = Window.model_validate({"mon-sun": "08:00-21:00", "holidays": "open"})
COUNTRIES = {
    "CO": Window.model_validate({"mon-fri": "07:00-19:00", "sat": "08:00-15:00"}),  # law 2300 of 2023
    "CL": Window.model_validate({"mon-fri": "09:00-19:00", "sat": "10:00-13:00"}),
    "BR": Window.model_validate({"mon-fri": "09:00-18:00", "sat": "10:00-13:00"}),
}


@dataclass(frozen=True, slots=True)
class Span:
    """From `opens` to just before `closes`, in UTC."""

    opens: datetime
    closes: datetime

    @property
    def until(self) -> datetime | None:
        """The end of these hours; None where they never end."""
        return self.closes if self.closes < FOREVER else None


def next_opening(after: datetime, step: Step, journey: Journey, *, zones: Sequence[str], country: str) -> Span | None:
    """The first time at or after `after` that the step may go out, to the end of those hours; None when that is not
    within five weeks. Of several zones all must be open.
    """
    after = after.astimezone(UTC)
    rules = windows_of(step, journey, country)
    if not rules:
        return Span(after, FOREVER)
    for span in openings(after, rules, tuple(zones), country):
        return Span(max(after, span.opens), span.closes)
    return None


def windows_of(step: Step, journey: Journey, country: str) -> tuple[Window, ...]:
    """The hours that all have to be open. What answers the person themselves keeps only its own, but for calls."""
    own = () if step.window == ALWAYS else (journey.windows[step.window],)
    if journey.demonstration:
        return own
    calls = Channel.CALL in step.channels
    limits: tuple[Window, ...] = ()
    if calls or (isinstance(step, FollowUpStep) and step.channels != (Channel.EMAIL,)):
        limits += (LEGAL,)
    if (calls or isinstance(step, FollowUpStep)) and country in COUNTRIES:
        limits += (COUNTRIES[country],)
    return (*own, *limits)


def openings(after: datetime, rules: Sequence[Window], zones: tuple[str, ...], country: str) -> Iterator[Span]:
    """The spans that end after `after`, in order."""
    first = after.astimezone(ZoneInfo(zones[0])).date()
    days = (first + timedelta(days=offset) for offset in range(-1, HORIZON_DAYS))
    spans = (span for day in days for span in _open_on(day, tuple(rules), zones, country))
    return (span for span in _joined(spans) if span.closes > after)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Hours that touch are the same hours: midnight does not end what goes on after it."""
    whole: Span | None = None
    for span in spans:
        if whole is not None and span.opens <= whole.closes:
            whole = Span(whole.opens, max(whole.closes, span.closes))
            continue
        if whole is not None:
            yield whole
        whole = span
    if whole is not None:
        yield whole


@lru_cache(maxsize=20_000)
def _open_on(day: date, rules: tuple[Window, ...], zones: tuple[str, ...], country: str) -> tuple[Span, ...]:
    """Where all rules are open in all zones, on this day of the first zone's calendar."""
    every = [(rule, zone) for rule in rules for zone in dict.fromkeys(zones)]
    spans = _day(*every[0], day, country)
    for rule, zone in every[1:]:
        around = [span for near in (-1, 0, 1) for span in _day(rule, zone, day + timedelta(days=near), country)]
        spans = tuple(_overlaps(spans, around))
    return spans


def _overlaps(some: Sequence[Span], others: Sequence[Span]) -> Iterator[Span]:
    for one in some:
        for other in others:
            opens, closes = max(one.opens, other.opens), min(one.closes, other.closes)
            if opens < closes:
                yield Span(opens, closes)


@lru_cache(maxsize=20_000)
def _day(window: Window, zone: str, day: date, country: str) -> tuple[Span, ...]:
    if window.holidays == "closed" and day in _holidays(country, day.year):
        return ()
    spans = (Span(_instant(day, begin, zone), _instant(day, end, zone)) for begin, end in window.week[day.weekday()])
    return tuple(sorted((span for span in spans if span.opens < span.closes), key=lambda span: span.opens))


def _instant(day: date, minutes: int, zone: str) -> datetime:
    """The wall time as an instant. Of one that the clocks repeat the first; one that they skip is as much later."""
    whole = day + timedelta(days=minutes // 1440)
    return datetime.combine(whole, time(minutes % 1440 // 60, minutes % 60), ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=200)
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:  # a country the library does not know
        return frozenset()


def add_days(start: datetime, after: timedelta, zone: str) -> datetime:
    """`after` later: whole days keep the hour on the wall, whatever the clocks do; the rest is exact."""
    local = start.astimezone(ZoneInfo(zone))
    same_hour = datetime.combine(local.date() + timedelta(days=after.days), local.time(), ZoneInfo(zone))
    return same_hour.astimezone(UTC) + (after - timedelta(days=after.days))


def longest_closed(step: Step, journey: Journey) -> timedelta:
    """The longest time the step's hours may stay closed, whatever day of the week is a holiday."""
    rules = windows_of(step, journey, "")
    if not rules:
        return timedelta()
    monday = date(2001, 1, 1)
    days = [_open_on(monday + timedelta(days=number), rules, ("UTC",), "") for number in range(28)]
    holidays = range(7, 14) if any(rule.holidays == "closed" for rule in rules) else ()
    return max(_longest_gap(days, without=holiday) for holiday in (None, *holidays))


def _longest_gap(days: Sequence[Sequence[Span]], *, without: int | None) -> timedelta:
    spans = [span for number, day in enumerate(days) if number != without for span in day]
    return max((later.opens - earlier.closes for earlier, later in pairwise(spans)), default=timedelta())
