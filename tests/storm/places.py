"""Where the storm's people live: prefixes of numbers, zones and hours, by a table of our own.

It is not the product's, so that both would have to be wrong in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

WEEKDAYS = range(5)
SATURDAY = 5
SUNDAY = 6


@dataclass(frozen=True)
class Place:
    """A country, or a part of one. `prefix` and `digits` random ones make a number.

    A call or message that nobody asked for may reach a number when it is between `opens` and
    `closes` in each of `zones`, by the `law` of the country too, and it is none of the `holidays`.
    """

    name: str
    prefix: str
    digits: int
    zones: tuple[str, ...]
    holidays: tuple[date, ...] = ()
    law: Mapping[int, tuple[time, time]] | None = None


COLOMBIAN_LAW = {**dict.fromkeys(WEEKDAYS, (time(7), time(19))), SATURDAY: (time(8), time(15))}
MEXICAN_HOLIDAYS = (date(2026, 3, 16),)
SATELLITE = "satélite"

# every zone that the number may plausibly lie in
PLACES = {
    place.name: place
    for place in (
        Place("Ciudad de México", "+5255", 4, ("America/Mexico_City",), MEXICAN_HOLIDAYS),
        Place("Monterrey", "+5281", 4, ("America/Monterrey",), MEXICAN_HOLIDAYS),
        Place("Tijuana", "+52664", 3, ("America/Tijuana",), MEXICAN_HOLIDAYS),
        Place("Cancún", "+52998", 3, ("America/Cancun",), MEXICAN_HOLIDAYS),
        Place("Bogotá", "+5731", 4, ("America/Bogota",), law=COLOMBIAN_LAW),
        Place("Lima", "+519", 4, ("America/Lima",)),
        Place("Madrid", "+346", 4, ("Europe/Madrid",)),
        Place("Nueva York", "+1212", 3, ("America/New_York",)),
        Place("Los Ángeles", "+1213", 3, ("America/Los_Angeles",)),
        Place("Tokio", "+8190", 4, ("Asia/Tokyo",)),
        Place("Delhi", "+9198", 4, ("Asia/Kolkata",)),
        Place("Auckland", "+6421", 2, ("Pacific/Auckland",)),
        Place(SATELLITE, "+881", 9, ()),  # in no country, and so never called or written to
    )
}
WAKING = (time(8), time(21))
WAKING_HOURS = dict.fromkeys(range(7), WAKING)  # on holidays too
CALLS = {**dict.fromkeys(WEEKDAYS, (time(9), time(19))), SATURDAY: (time(10), time(14))}
MESSAGES = dict.fromkeys((*WEEKDAYS, SATURDAY), (time(9), time(20)))


def place_of(phone: str) -> Place:
    """Returns the place with the longest prefix of this number."""
    known = [place for place in PLACES.values() if phone.startswith(place.prefix)]
    return max(known, key=lambda place: len(place.prefix))


def is_open(at: datetime, place: Place, hours: Mapping[int, tuple[time, time]]) -> bool:
    """Returns whether the hours, and those in which people are awake, are open everywhere."""
    for zone in place.zones:
        local = at.astimezone(ZoneInfo(zone))
        if hours is not WAKING_HOURS and local.date() in place.holidays:
            return False
        law = hours if hours is WAKING_HOURS or place.law is None else place.law
        for week in (hours, law, WAKING_HOURS):
            opens, closes = week.get(local.weekday(), (time(0), time(0)))
            if not opens <= local.time() < closes:
                return False
    return True


def is_waking(at: datetime, place: Place) -> bool:
    return is_open(at, place, WAKING_HOURS)
