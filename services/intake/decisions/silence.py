"""Decides whether a source is silent. Pure: no clock, no database, no network."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.journey.contact_hours import public_holidays

WEEKEND = (5, 6)


def is_silent(last_at: datetime, now: datetime, *, hours: int, zone: str, country: str) -> bool:
    """Returns whether a source has been silent for so many hours of business days.

    These are all hours of Monday to Friday, but none of a public holiday.
    """
    since = last_at.astimezone(ZoneInfo(zone))
    until = now.astimezone(ZoneInfo(zone))
    silence = timedelta()
    while since < until and silence < timedelta(hours=hours):
        midnight = (since + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        closed = since.date() in public_holidays(country, since.year)
        if since.weekday() not in WEEKEND and not closed:
            silence += min(midnight, until) - since
        since = midnight
    return silence >= timedelta(hours=hours)
