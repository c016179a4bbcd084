"""Decides when a touch may go out: by the step's hours, the law's, and those when people are awake.

| touch | hours |
|---|---|
| email | the step's, at home |
| unrequested call or message | the step's, the law's and 8–21, in every zone of the number |
| call or message about a booking | the step's and 8–21, any day, in every zone of the number |
| the same within minutes of the booking | the step's |
| call at an hour that the person chose, and its fallback | 8–21, any day, in every zone |
| any touch of a journey with `any_hour` | the step's, at home |
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, pairwise, product
from zoneinfo import ZoneInfo

import holidays

from contracts.events.touch import Channel
from domain.channels import AddressKind, facts_of
from domain.journey.law import WAKING, Law, law_of
from domain.journey.model import ALWAYS, CallBackStep, Journey, MeetingStep, Step, Window
from domain.journey.time_zones import Whereabouts

HORIZON_DAYS = 35
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """The time from `opens` to just before `closes`, in UTC."""

    opens: datetime
    closes: datetime

    @property
    def until(self) -> datetime | None:
        """Returns the end of these hours; None where they never end."""
        return self.closes if self.closes < FOREVER else None


def next_opening(
    after: datetime,
    step: Step,
    channel: Channel,
    journey: Journey,
    where: Whereabouts,
    *,
    answering: bool = False,
) -> Span | None:
    """Returns the first hours at or after `after` in which the step may go out.

    None where there are none within five weeks, or the zones of the number are unknown.
    `answering`: the person has just booked, and waits for the touch.
    """
    rules = windows_of(step, channel, journey, law_of(where.country), answering=answering)
    return _next(after, rules, _zones(channel, journey, where), where.country)


def last_opening(
    before: datetime, step: Step, channel: Channel, journey: Journey, where: Whereabouts
) -> Span | None:
    """Returns the hours that contain `before`, else the last that closed before it.

    None where no hours closed within the 35 days before.
    """
    rules = windows_of(step, channel, journey, law_of(where.country))
    return _last(before, rules, _zones(channel, journey, where), where.country)


def legal_opening(after: datetime, channel: Channel, where: Whereabouts) -> Span | None:
    """Returns when an unrequested touch may next go out, whatever its step: the last guard."""
    legal = law_of(where.country).hours(channel)
    rules = () if legal is None else (legal, WAKING)
    return _next(after, rules, where.phone_zones, where.country)


def waking_opening(after: datetime, where: Whereabouts) -> Span | None:
    """Returns when a requested call may next be made: 8–21, on any day."""
    return _next(after, (WAKING,), where.phone_zones, where.country)


@dataclass(frozen=True, slots=True)
class Week:
    """The hours of each day in the time of `zone`, Monday first.

    They are written as in the journey file: `09:00-19:00`.
    """

    zone: str
    days: tuple[tuple[str, ...], ...]


def usual_week(
    near: datetime, step: Step, channel: Channel, journey: Journey, where: Whereabouts
) -> Week | None:
    """Returns a touch's hours in the week of `near`, without regard to holidays.

    None where the touch may go out at any hour, or the zones of the number are unknown.
    """
    rules = windows_of(step, channel, journey, law_of(where.country))
    zones = _zones(channel, journey, where)
    if not rules or not zones:
        return None
    today = near.astimezone(ZoneInfo(zones[0])).date()
    monday = today - timedelta(days=today.weekday())
    days = []
    for number in range(7):
        spans = _open_on(monday + timedelta(days=number), rules, zones, "")
        days.append(tuple(_written(span, zones[0]) for span in spans))
    return Week(zones[0], tuple(days))


def _written(span: Span, zone: str) -> str:
    opens = span.opens.astimezone(ZoneInfo(zone))
    closes = span.closes.astimezone(ZoneInfo(zone))
    return f"{opens:%H:%M}-{closes:%H:%M}".replace("-00:00", "-24:00")


def windows_of(
    step: Step, channel: Channel, journey: Journey, law: Law | None, *, answering: bool = False
) -> tuple[Window, ...]:
    """Returns the windows that must all be open, by the table above.

    `law` is None where no country applies.
    """
    own = () if step.window == ALWAYS else (journey.windows[step.window],)
    has_hours = facts_of(channel).has_hours and not journey.any_hour
    if not has_hours or (answering and _is_about_booking(step)):
        return own
    legal = None
    is_expected = _is_about_booking(step) or isinstance(step, CallBackStep)
    if law is not None and not is_expected:
        legal = law.hours(channel)
    if legal is None:
        return (*own, WAKING)
    return (*own, legal, WAKING)


def _is_about_booking(step: Step) -> bool:
    """Returns whether the step is about a meeting to come, or cancelled: the person expects it."""
    return isinstance(step, MeetingStep) and not step.is_for_what_was


def _zones(channel: Channel, journey: Journey, where: Whereabouts) -> tuple[str, ...]:
    by_phone = facts_of(channel).address is AddressKind.PHONE
    return where.phone_zones if by_phone and not journey.any_hour else (where.home,)


def _next(
    after: datetime, rules: tuple[Window, ...], zones: tuple[str, ...], country: str
) -> Span | None:
    after = after.astimezone(UTC)
    if not rules:
        return Span(after, FOREVER)
    if not zones:
        return None
    for span in openings(after, rules, zones, country):
        return Span(max(after, span.opens), span.closes)
    return None


def _last(
    before: datetime, rules: tuple[Window, ...], zones: tuple[str, ...], country: str
) -> Span | None:
    before = before.astimezone(UTC)
    if not rules:
        return Span(before, FOREVER)
    if not zones:
        return None
    upcoming = next(openings(before, rules, zones, country), None)
    if upcoming is not None and upcoming.opens <= before:
        return upcoming
    return next(_closings(before, rules, zones, country), None)


def openings(
    after: datetime, rules: Sequence[Window], zones: tuple[str, ...], country: str
) -> Iterator[Span]:
    """Returns the spans that end after `after`, in order."""
    first = after.astimezone(ZoneInfo(zones[0])).date()
    days = (first + timedelta(days=offset) for offset in range(-1, HORIZON_DAYS))
    spans = chain.from_iterable(_open_on(day, tuple(rules), zones, country) for day in days)
    return (span for span in _joined(spans) if span.closes > after)


def _closings(
    before: datetime, rules: tuple[Window, ...], zones: tuple[str, ...], country: str
) -> Iterator[Span]:
    """Returns the spans that end at or before `before`, the last first."""
    last = before.astimezone(ZoneInfo(zones[0])).date()
    days = (last - timedelta(days=offset) for offset in range(-1, HORIZON_DAYS))
    spans = chain.from_iterable(reversed(_open_on(day, rules, zones, country)) for day in days)
    return (span for span in _joined_backwards(spans) if span.closes <= before)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Yields the spans, adjacent ones as one: hours that go on after midnight do not end there."""
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


def _joined_backwards(spans: Iterable[Span]) -> Iterator[Span]:
    """Yields the same as `_joined`, for spans of which the last comes first."""
    whole: Span | None = None
    for span in spans:
        if whole is not None and span.closes >= whole.opens:
            whole = Span(min(span.opens, whole.opens), whole.closes)
            continue
        if whole is not None:
            yield whole
        whole = span
    if whole is not None:
        yield whole


@lru_cache(maxsize=20_000)
def _open_on(
    day: date, rules: tuple[Window, ...], zones: tuple[str, ...], country: str
) -> tuple[Span, ...]:
    """Returns the spans in which all rules are open in all zones, on this day in the first zone."""
    pairs = list(product(rules, dict.fromkeys(zones)))
    spans = _day(*pairs[0], day, country)
    for rule, zone in pairs[1:]:
        if not spans:
            break
        around = chain.from_iterable(
            _day(rule, zone, day + timedelta(days=near), country) for near in (-1, 0, 1)
        )
        spans = tuple(_overlaps(spans, tuple(around)))
    return spans


def _overlaps(spans: Sequence[Span], others: Sequence[Span]) -> Iterator[Span]:
    for span in spans:
        for other in others:
            opens = max(span.opens, other.opens)
            closes = min(span.closes, other.closes)
            if opens < closes:
                yield Span(opens, closes)


@lru_cache(maxsize=20_000)
def _day(window: Window, zone: str, day: date, country: str) -> tuple[Span, ...]:
    if window.holidays == "closed" and day in public_holidays(country, day.year):
        return ()
    spans = (
        Span(_instant(day, begin, zone), _instant(day, end, zone))
        for begin, end in window.week[day.weekday()]
    )
    return tuple(
        sorted((span for span in spans if span.opens < span.closes), key=lambda span: span.opens)
    )


def _instant(day: date, minutes: int, zone: str) -> datetime:
    """Returns the instant of a local time.

    Of a time that the clocks repeat it is the first. A time that they skip moves later by the same
    amount.
    """
    local_date = day + timedelta(days=minutes // 1440)
    local_time = time(minutes % 1440 // 60, minutes % 60)
    return datetime.combine(local_date, local_time, ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=200)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Returns the days on which offices are closed; none of a country that is not known."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:  # a country the library does not know
        return frozenset()


def add_days(start: datetime, after: timedelta, zone: str) -> datetime:
    """Returns `start` plus `after`.

    Whole days keep the local hour across changes of the clocks; the rest is exact.
    """
    local = start.astimezone(ZoneInfo(zone))
    same_hour = datetime.combine(
        local.date() + timedelta(days=after.days), local.time(), ZoneInfo(zone)
    )
    return same_hour.astimezone(UTC) + (after - timedelta(days=after.days))


def longest_closed(step: Step, journey: Journey) -> timedelta:
    """Returns the longest time that the step's own hours stay closed, if any day is a holiday."""
    if step.window == ALWAYS:
        return timedelta()
    rules = (journey.windows[step.window],)
    monday = date(2001, 1, 1)
    days = [_open_on(monday + timedelta(days=number), rules, ("UTC",), "") for number in range(28)]
    longest = _longest_gap(days, without=None)
    if any(rule.holidays == "closed" for rule in rules):
        longest = max(longest, *(_longest_gap(days, without=number) for number in range(7, 14)))
    return longest


def _longest_gap(days: Sequence[Sequence[Span]], *, without: int | None) -> timedelta:
    spans = list(chain.from_iterable(day for number, day in enumerate(days) if number != without))
    return max(
        (later.opens - earlier.closes for earlier, later in pairwise(spans)), default=timedelta()
    )
