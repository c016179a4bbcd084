"""Where a person is, as far as their form and their number tell; several zones mean that any of them may be theirs."""

from zoneinfo import available_timezones

import phonenumbers
from phonenumbers import timezone as number_zones

MEXICO = 52
ZONES = available_timezones()

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
UNKNOWN = "Etc/Unknown"
NOWHERE = {
    phonenumbers.PhoneNumberType.TOLL_FREE,
    phonenumbers.PhoneNumberType.PREMIUM_RATE,
    phonenumbers.PhoneNumberType.SHARED_COST,
    phonenumbers.PhoneNumberType.UAN,
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    phonenumbers.PhoneNumberType.VOICEMAIL,
}


def zones_of(stated: str | None, phone: str | None, business: str) -> tuple[str, ...]:
    """The zone that the person stated, else those of their number, else the business's own. `phone` is E.164."""
    if stated is not None and stated.strip() in ZONES:
        return (stated.strip(),)
    return (_of_number(phone) if phone else ()) or (business,)


def country_of(phone: str | None, default: str) -> str:
    """The number's country (`MX`), or `default` where the number belongs to none."""
    number = _parsed(phone)
    region = phonenumbers.region_code_for_number(number) if number is not None else None
    return region if region and region.isalpha() else default


def _of_number(phone: str) -> tuple[str, ...]:
    number = _parsed(phone)
    if number is None:
        return ()
    if number.country_code == MEXICO:
        area = str(number.national_number)[:3]
        if area in AREA_CODES:
            return AREA_CODES[area]
    zones = tuple(zone for zone in number_zones.time_zones_for_number(number) if zone != UNKNOWN)
    if phonenumbers.number_type(number) in NOWHERE:
        zones = ()
    if not zones and number.country_code == MEXICO:
        return ANYWHERE_IN_MEXICO
    return zones


def _parsed(phone: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(phone, None) if phone else None
    except phonenumbers.NumberParseException:
        return None
