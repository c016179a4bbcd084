"""Finds a person's zones by the phone number; a stated zone narrows the hours or is for email."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as number_zones

from domain.journey.area_codes import AREA_CODES
from domain.phone import country_of_number

NOWHERE = "ZZ"
_TZDATA = "tzdata.zoneinfo"

# Names of offsets, not of places, although tzdata 2024b made them links to places.
_ABBREVIATIONS = {
    "CET",
    "CST6CDT",
    "EET",
    "EST",
    "EST5EDT",
    "HST",
    "MET",
    "MST",
    "MST7MDT",
    "PST8PDT",
    "WET",
}

# Two dates on which the offsets of north and south differ, to test whether zones share an hour.
_SEASONS = (datetime(2027, 1, 15, tzinfo=UTC), datetime(2027, 7, 15, tzinfo=UTC))
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a person may be.

    Calls and messages need the hours to be open in all of `phone_zones`; without zones they are
    never made. `home` is the zone for emails and for counting days.
    """

    country: str
    phone_zones: tuple[str, ...]
    home: str


@lru_cache(maxsize=1_000)
def whereabouts(stated: str | None, phone: str | None, *, zone: str, region: str) -> Whereabouts:
    """Returns where the person may be.

    `phone` is E.164; `zone` and `region` are the business's own.
    """
    hint = _person_zone(stated)
    if not phone:
        home = hint or zone
        return Whereabouts(region, (home,), home)
    country = country_of_number(phone)
    if country is None:
        return Whereabouts(NOWHERE, (), hint or zone)
    zones = _of_number(phone, country)
    if hint in zones_of_country(country) and hint not in zones:
        zones = (*zones, hint)
    zones = _sharing_an_hour(zones, country)
    return Whereabouts(country, zones, hint or next(iter(zones), zone))


def is_zone_of_people(name: str) -> bool:
    """Returns whether the zone is that of a place, unlike UTC, Factory or EST5EDT."""
    return name not in _ABBREVIATIONS and _canonical(name) is not None


@cache
def zones_of_country(country: str) -> tuple[str, ...]:
    """Returns the country's zones, as zone1970.tab lists them."""
    return tuple(zone for zone, countries in _places().items() if country in countries)


def _person_zone(stated: str | None) -> str | None:
    name = (stated or "").strip()
    return _canonical(name) if is_zone_of_people(name) else None


# ---- zones by their number


def _of_number(phone: str, country: str) -> tuple[str, ...]:
    """Returns every zone that the number may be in, the likeliest first."""
    parsed = phonenumbers.parse(phone, None)
    listed = _by_area_code(f"{parsed.country_code}", f"{parsed.national_number}")
    if listed is not None:
        return listed
    return _within(number_zones.time_zones_for_number(parsed), country)


def _by_area_code(country_code: str, national: str) -> tuple[str, ...] | None:
    areas = AREA_CODES.get(country_code, {})
    prefixes = (national[:length] for length in range(5, 0, -1))
    return next((areas[prefix] for prefix in prefixes if prefix in areas), None)


@lru_cache(maxsize=1_000)
def _within(zones: tuple[str, ...], country: str) -> tuple[str, ...]:
    """Returns the zones that are the country's, in its own order; where none is, all its zones.

    Google's metadata gives Nicaragua the zone of Chicago, and Jamaica all 42 zones of its country
    code.
    """
    named = tuple(zone for zone in map(_canonical, zones) if zone is not None)
    own = zones_of_country(country)
    if not own:  # zone1970.tab does not list Kosovo or Ascension
        return named
    return tuple(zone for zone in own if zone in named) or own


@lru_cache(maxsize=10_000)
def _sharing_an_hour(zones: tuple[str, ...], country: str) -> tuple[str, ...]:
    """Returns the zones if calls are possible in all of them at once.

    Else it returns the country's zones on the same condition, else none.
    """
    for candidates in (zones, zones_of_country(country)):
        if candidates and all(_share_an_hour(candidates, season) for season in _SEASONS):
            return candidates
    return ()


def _share_an_hour(zones: tuple[str, ...], day: datetime) -> bool:
    clocks = [ZoneInfo(zone) for zone in zones]
    for number in range(96):
        quarter = day + number * _QUARTER
        if all(8 <= quarter.astimezone(clock).hour < 21 for clock in clocks):
            return True
    return False


# ---- zones by their name


@lru_cache(maxsize=2_000)  # bounded, because people write any text as their zone
def _canonical(name: str) -> str | None:
    """Returns the name of the zone's place, perhaps another name; None where it is no place."""
    if name in _places():
        return name
    return _by_content().get(_content(name)) if name in _names() else None


@cache
def _names() -> frozenset[str]:
    return frozenset((resources.files("tzdata") / "zones").read_text().split())


@cache
def _places() -> dict[str, frozenset[str]]:
    """Returns the countries of each zone."""
    table = (resources.files(_TZDATA) / "zone1970.tab").read_text()
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return {row[2]: frozenset(row[0].split(",")) for row in rows}


@cache
def _by_content() -> dict[bytes, str]:
    return {_content(zone): zone for zone in _places()}


def _content(name: str) -> bytes:
    """Returns the compiled zone.

    The package does not mark links, but a link has the same content as its target.
    """
    return resources.files(_TZDATA).joinpath(*name.split("/")).read_bytes()
