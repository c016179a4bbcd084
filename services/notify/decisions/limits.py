"""Decides how often a number or a mailbox may be reached, whichever leads name it.

Pure: no clock, no database, no network.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.events.touch import Channel, Kind
from domain.addresses import canonical_email
from domain.channels import AddressKind, facts_of
from domain.journey.model import DAY, Journey
from domain.phone import canonical_phone
from services.notify.touches import Touch

UNASKED = {Kind.FIRST_CONTACT, Kind.ATTEMPT, Kind.FOLLOW_UP}
MORNING = time(9)
WEEK_DAYS = 7
LAST_DAY = date.max.toordinal()
WEEK = timedelta(days=WEEK_DAYS)
GMAIL = ("gmail.com", "googlemail.com")


@dataclass(frozen=True, slots=True)
class Limit:
    """How many touches of the kind `what` may go to one `place` on one `day`, and in a week.

    The day is one of the place's own calendar. After that the touch may go `again_at`.
    """

    place: str
    what: str
    day: date
    per_day: int
    per_week: int
    again_at: datetime


def limit_of(
    touch: Touch,
    now: datetime,
    *,
    zone: str,
    calls_per_day: int,
    calls_per_week: int,
    journey: Journey,
) -> Limit | None:
    """Returns the limit that the touch counts towards.

    None where the person asked for the touch, or it belongs to a meeting. A number gets
    `calls_per_day` unasked calls and one follow-up text per channel a day, a mailbox one welcome
    and one follow-up email. A journey with `any_hour` limits the first contact only.
    """
    if (
        touch.address is None
        or touch.kind not in UNASKED
        or (journey.any_hour and touch.kind is not Kind.FIRST_CONTACT)
    ):
        return None
    day, tomorrow = _day(now, zone, journey.day)
    if touch.channel is Channel.CALL:
        return Limit(
            canonical_phone(touch.address), "call", day, calls_per_day, calls_per_week, tomorrow
        )
    by_phone = facts_of(touch.channel).address is AddressKind.PHONE
    if by_phone and touch.kind is Kind.FIRST_CONTACT:
        return None  # it follows a call, which is counted
    place = canonical_phone(touch.address) if by_phone else mailbox(touch.address)
    return Limit(place, f"{touch.kind} {touch.channel}", day, 1, WEEK_DAYS, tomorrow)


def _day(now: datetime, zone: str, length: timedelta) -> tuple[date, datetime]:
    """Returns the day, and the morning of the next one.

    Days of another length than a day's are counted from 1970, and begin with their morning.
    """
    if length == DAY:
        today = now.astimezone(ZoneInfo(zone)).date()
        return today, datetime.combine(today + DAY, MORNING, ZoneInfo(zone))
    number = int(now.timestamp() // length.total_seconds())
    tomorrow = datetime.fromtimestamp((number + 1) * length.total_seconds(), UTC)
    return date.fromordinal(1 + number % LAST_DAY), tomorrow


def mailbox(address: str) -> str:
    """Returns the mailbox that an address leads to: without its `+tag`, and at Gmail without dots.

    https://support.google.com/mail/answer/7436150
    """
    name, _, domain = canonical_email(address).rpartition("@")
    name = name.partition("+")[0] or name
    if domain in GMAIL:
        name = name.replace(".", "")
        domain = GMAIL[0]
    return f"{name}@{domain}"
