"""Where a person is, as far as their form and their number tell; several zones mean that any of them may be theirs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers import timezone as number_zones

from contracts.phone import country_of_number

MEXICO, NORTH_AMERICA = 52, 1
WAKING = timedelta(hours=13)  # 8 to 21: zones further apart than this are never open together

# What Google's metadata (9.0.43) has wrong for Mexican area codes: Chihuahua left Mountain time in 2022, 663 is
# Tijuana's overlay, and towns on the border keep the clock of the other side.
_CHIHUAHUA = ("614", "621", "625", "627", "628", "629", "635", "639", "648", "649", "652", "659")
ANYWHERE_IN_MEXICO = ("America/Tijuana", "America/Hermosillo", "America/Mexico_City", "America/Cancun")
AREA_CODES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_CHIHUAHUA, ("America/Chihuahua",)),
    **dict.fromkeys(("636", "657"), ("America/Chihuahua", "America/Ciudad_Juarez")),
    "656": ("America/Ciudad_Juarez",),
    "626": ("America/Ojinaga", "America/Chihuahua"),
    "663": ("America/Tijuana",),
    **dict.fromkeys(("868", "897"), ("America/Matamoros",)),
    **dict.fromkeys(("862", "891", "892"), ("America/Matamoros", "America/Monterrey")),
    "311": ("America/Mazatlan", "America/Bahia_Banderas"),
    "329": ("America/Bahia_Banderas",),
    **dict.fromkeys(("200", "201"), ANYWHERE_IN_MEXICO),  # of no place
}

# Area codes of North America that two zones share, or that the metadata puts into the wrong one.
_EASTERN_AND_CENTRAL = ("America/New_York", "America/Chicago")
_CENTRAL_AND_MOUNTAIN = ("America/Chicago", "America/Denver")
_MOUNTAIN_AND_PACIFIC = ("America/Denver", "America/Los_Angeles")
_SPLIT: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("219", "574", "812", "930"), _EASTERN_AND_CENTRAL),  # Indiana
    (("270", "364"), _EASTERN_AND_CENTRAL),  # Kentucky
    (("423", "931"), _EASTERN_AND_CENTRAL),  # Tennessee
    (("850", "448"), _EASTERN_AND_CENTRAL),  # Florida's panhandle
    (("906",), _EASTERN_AND_CENTRAL),  # Michigan
    (("334",), _EASTERN_AND_CENTRAL),  # Alabama: Phenix City keeps Georgia's clock
    (("605", "701", "308", "785", "620", "915", "432"), _CENTRAL_AND_MOUNTAIN),
    (("208", "986", "541", "458", "775"), _MOUNTAIN_AND_PACIFIC),
    (("928",), ("America/Phoenix", "America/Denver")),  # the Navajo Nation changes its clocks
    (("907",), ("America/Anchorage", "America/Adak")),
    (("250", "236", "672", "778"), ("America/Vancouver", "America/Edmonton")),
    (("867",), ("America/Whitehorse", "America/Edmonton", "America/Iqaluit", "America/Rankin_Inlet")),
    (("807",), ("America/Toronto", "America/Winnipeg")),
    (("306", "639", "474"), ("America/Regina", "America/Edmonton")),
    (("418", "581", "367"), ("America/Toronto", "America/Halifax")),
    (("709", "879"), ("America/St_Johns", "America/Halifax")),
)
NORTH_AMERICAN = {code: zones for codes, zones in _SPLIT for code in codes}
AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
AREAS_OF_OLD = ("US", "Canada", "Mexico", "Brazil", "Chile")
UNKNOWN = "Etc/Unknown"


def is_zone_of_people(name: str) -> bool:
    """Whether somebody may live there: a place, not `UTC`, `EST5EDT`, `Factory` or `localtime`."""
    area, _, place = name.partition("/")
    return bool(place) and area in (*AREAS, *AREAS_OF_OLD) and name in available_timezones()


def zones_of(stated: str | None, phone: str | None, business: str) -> tuple[str, ...]:
    """Every zone that the person may be in: calls and messages must suit all of them. `phone` is E.164.

    A form may state anything, so a stated zone only adds to a number's own, and only where it lies in the number's
    country; without a number it counts alone, and without either the business's own.
    """
    place = (stated or "").strip()
    known = place if is_zone_of_people(place) else None
    of_number = _of_number(phone) if phone else ()
    if not of_number:
        return (known or business,)
    country = country_of_number(phone or "")
    if known is not None and country is not None and _lies_in(known, country):
        return tuple(dict.fromkeys((known, *of_number)))
    return of_number


def home_of(stated: str | None, phone: str | None, business: str) -> str:
    """The zone to tell a person the time in: the one they state, wherever it is, else the first of theirs."""
    place = (stated or "").strip()
    return place if is_zone_of_people(place) else zones_of(None, phone, business)[0]


def country_of(phone: str | None, default: str) -> str:
    """The number's country (`MX`), from the number alone; `default` only where there is no number."""
    if not phone:
        return default
    return country_of_number(phone) or "ZZ"


@lru_cache(maxsize=20_000)
def _of_number(phone: str) -> tuple[str, ...]:
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return ()
    area = str(number.national_number)[:3]
    if number.country_code == MEXICO and area in AREA_CODES:
        return AREA_CODES[area]
    if number.country_code == NORTH_AMERICA and area in NORTH_AMERICAN:
        return NORTH_AMERICAN[area]
    country = country_of_number(phone)
    zones = _of_its_country(number, country)
    if not zones and number.country_code == MEXICO:
        return ANYWHERE_IN_MEXICO
    if zones and open_together(zones):
        return zones
    of_country = zones_of_country(country or "")
    return of_country if of_country and open_together(of_country) else ()


def _of_its_country(number: phonenumbers.PhoneNumber, country: str | None) -> tuple[str, ...]:
    """The zones that the metadata gives, where they are the number's own country's; else all of that country's."""
    zones = tuple(zone for zone in number_zones.time_zones_for_number(number) if zone != UNKNOWN)
    if country is None or all(_lies_in(zone, country) for zone in zones):
        return zones
    return zones_of_country(country)


def open_together(zones: Sequence[str]) -> bool:
    """Whether it is ever day in all of them."""
    for instant in (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)):
        offsets = [instant.astimezone(ZoneInfo(zone)).utcoffset() or timedelta() for zone in zones]
        if max(offsets) - min(offsets) >= WAKING:
            return False
    return True


def _lies_in(zone: str, country: str) -> bool:
    return any(_clock(zone) == _clock(other) for other in zones_of_country(country))


@lru_cache(maxsize=1000)
def zones_of_country(country: str) -> tuple[str, ...]:
    """The zones of a country, by the zone database."""
    return tuple(zone for zone, countries in _zone_table().items() if country in countries)


@lru_cache(maxsize=1)
def _zone_table() -> Mapping[str, frozenset[str]]:
    text = (resources.files("tzdata.zoneinfo") / "zone1970.tab").read_text()
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {row[2]: frozenset(row[0].split(",")) for row in rows}


@lru_cache(maxsize=1000)
def _clock(zone: str) -> bytes:
    """The zone's rules as compiled: an old name has the same ones as the name that took its place."""
    file = resources.files("tzdata.zoneinfo").joinpath(*zone.split("/"))
    return file.read_bytes() if file.is_file() else zone.encode()
