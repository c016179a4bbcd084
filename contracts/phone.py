"""Phone numbers as people type them, to E.164."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

MEXICO = 52


class NumberStanding(StrEnum):
    """Whether a number may be called and written to."""

    USABLE = "usable"
    UNUSABLE = "unusable"  # satellite, international networks, premium, shared cost, toll-free: nobody's own
    UNKNOWN = "unknown"  # of the right length, in a range that the metadata does not know


@dataclass(frozen=True, slots=True)
class Number:
    """A number in E.164, and whether it may be used."""

    e164: str
    standing: NumberStanding


NON_GEOGRAPHIC = "001"  # what phonenumbers calls the region of 800, 870, 881 and the like
DIALABLE = {
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    phonenumbers.PhoneNumberType.VOIP,
    phonenumbers.PhoneNumberType.UNKNOWN,
}

# Mexico dropped its prefixes in 2019, and phonenumbers 9 no longer knows them: what people still type is invalid to it.
_MEXICAN_HABITS = (
    (re.compile(r"^\+?521([2-9]\d{9})$"), r"+52\1"),
    (re.compile(r"^(?:044|045|01)([2-9]\d{9})$"), r"+52\1"),
    (re.compile(r"^52([2-9]\d{9})$"), r"+52\1"),
)
_OTHER_NUMBER = re.compile(r"[/,;]|\s(?:y|o|or|and)\s", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:ext|extensi[oó]n|x|#)\.?\s*\d+\s*$", re.IGNORECASE)


def to_e164(raw: str, region: str) -> str | None:
    """The number a form means, as `+528112345678`; None when nobody could be reached at it."""
    number = read_number(raw, region)
    return number.e164 if number is not None and number.standing is not NumberStanding.UNUSABLE else None


def read_number(raw: str, region: str) -> Number | None:
    """The number a form means; None for what is no number.

    Of several numbers the first counts. An extension is dropped. A number whose length is right but which the metadata
    does not know yet is taken where it names its country: metadata lags behind carriers.
    """
    text = unicodedata.normalize("NFKC", raw).strip()
    text = re.sub(r"^(?:whatsapp|tel):", "", text, flags=re.IGNORECASE)
    text = _EXTENSION.sub("", _OTHER_NUMBER.split(text, maxsplit=1)[0])
    international = re.search(r"[+\d]", text)
    digits = re.sub(r"[^0-9]", "", text)
    if not digits:
        return None
    number = f"+{digits}" if international and international.group() == "+" else digits
    if number.startswith("00"):
        number = f"+{number[2:]}"
    for habit, meaning in _MEXICAN_HABITS:
        if region == "MX" or number.startswith(("+52", "52")):
            number = habit.sub(meaning, number)
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    standing = _standing(parsed)
    if standing is NumberStanding.UNKNOWN and (not number.startswith("+") or parsed.country_code == MEXICO):
        return None  # only a number written with its country code may be ahead of the metadata
    if standing is None:
        return None
    return Number(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), standing)


def standing_of(e164: str) -> NumberStanding:
    """Whether a stored number may be used; a number that nobody can read is not."""
    try:
        return _standing(phonenumbers.parse(e164, None)) or NumberStanding.UNUSABLE
    except phonenumbers.NumberParseException:
        return NumberStanding.UNUSABLE


def country_of_number(e164: str) -> str | None:
    """The country (`MX`) that the number alone names; None for a code that is no country's."""
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    if region is None:  # a range that the metadata does not know
        region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return region if region.isalpha() and region != "ZZ" else None


def _standing(number: phonenumbers.PhoneNumber) -> NumberStanding | None:
    """None for a number of an impossible length."""
    if phonenumbers.region_code_for_country_code(number.country_code or 0) in (NON_GEOGRAPHIC, "ZZ"):
        return NumberStanding.UNUSABLE
    if not phonenumbers.is_valid_number(number):
        return NumberStanding.UNKNOWN if phonenumbers.is_possible_number(number) else None
    return NumberStanding.USABLE if phonenumbers.number_type(number) in DIALABLE else NumberStanding.UNUSABLE
