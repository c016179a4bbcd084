"""Reads phone numbers as people type them, and decides whether a number may be used."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers


class NumberStatus(StrEnum):
    """Whether a number may be called or written to.

    USABLE is a person's by the metadata. UNKNOWN has only a country and a possible length. UNUSABLE
    belongs to no person.
    """

    USABLE = "usable"
    UNUSABLE = "unusable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as E.164, and whether it may be called or written to."""

    e164: str
    status: NumberStatus


IMPERSONAL_TYPES = {
    phonenumbers.PhoneNumberType.TOLL_FREE,
    phonenumbers.PhoneNumberType.PREMIUM_RATE,
    phonenumbers.PhoneNumberType.SHARED_COST,
    phonenumbers.PhoneNumberType.PAGER,
    phonenumbers.PhoneNumberType.VOICEMAIL,
    phonenumbers.PhoneNumberType.UAN,
}
NON_GEOGRAPHIC = "001"  # satellites and international networks: 870, 881, 882, 883 and others
NO_REGION = "ZZ"
SUPPORTED_REGIONS: frozenset[str] = frozenset(phonenumbers.SUPPORTED_REGIONS)

# Mexico dropped its prefixes in 2019, and phonenumbers 9 no longer knows them: a number with the
# prefix that people still type is invalid to it. The country code stands twice where a form adds it
# to a number that has it.
_MEXICAN_HABITS = (
    (re.compile(r"^(?:044|045|01)([2-9]\d{9})$"), r"\1"),
    (re.compile(r"^\+?(?:52){1,2}(?:1|01|044|045)?([2-9]\d{9})$"), r"+52\1"),
)
# what a number of Mexico comes to; phonenumbers takes as long to read it as a form's whole card
_MEXICAN = re.compile(r"(?:\+52)?([2-9][0-9]{9})")
_PLUS_OR_DIGIT = re.compile(r"[+\d]")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_DOUBLED_COUNTRY = re.compile(r"^\+(\d{1,3})\1(\d{6,12})$")
# In Argentina a mobile number is dialled with 15 between area code and number, from abroad with 9
# before the area code. phonenumbers knows the 15 after an area code, and not beside the 9. Only
# Buenos Aires, 11, has numbers of eight digits.
_ARGENTINE_HABITS = (
    (re.compile(r"^\+?549(11)15(\d{8})$"), r"+549\1\2"),
    (re.compile(r"^\+?549([23]\d{2})15(\d{7})$"), r"+549\1\2"),
    (re.compile(r"^\+?549([23]\d{3})15(\d{6})$"), r"+549\1\2"),
    (re.compile(r"^(?:\+?54)?0?15(\d{8})$"), r"+54911\1"),
)
_HABITS = (("MX", "52", _MEXICAN_HABITS), ("AR", "54", _ARGENTINE_HABITS))
# Before they had their ninth digit, mobile numbers in Brazil began with 6 to 9. In North America
# people write the 1 twice.
_MOBILE_PREFIXES = (
    (re.compile(r"^\+521(\d{10})$"), r"+52\1"),
    (re.compile(r"^\+549(\d{10})$"), r"+54\1"),
    (re.compile(r"^\+55(\d{2})9([6-9]\d{7})$"), r"+55\1\2"),
    (re.compile(r"^\+11(\d{10})$"), r"+1\1"),
)
_LONGEST = 200  # characters that are read
_MOST_NUMBERS = 3  # that are tried, of a text with several
_OTHER_NUMBER = re.compile(r"[/,;|]|\s(?:y|o|e|ou|or|and)\s", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:ext|extensi[oó]n|x|#)\.?\s*\d+\s*$", re.IGNORECASE)
_SCHEME = re.compile(
    r"^(?:whatsapp:|tel:|p:|(?:https?://)?(?:wa\.me/|api\.whatsapp\.com/send\?phone=))",
    re.IGNORECASE,
)
_RUN_OF_DIGITS = re.compile(r"\+?[0-9]{10,15}")
# a spreadsheet's number; of one with fewer decimals, digits are lost
_AS_FLOAT = re.compile(r"^['=\"]*([0-9]{7,15})\.0{1,3}\"?$")
_AS_POWER = re.compile(r"^['=\"]*([0-9])[.,]([0-9]{8,12})[eE]\+?([0-9]{1,2})\"?$")
# neither numbering plan has, or will have, an area code that begins with 0 or 1
_NO_AREA_CODE = re.compile(r"^\+(?:1|52)[01]")


def to_e164(raw: str, region: str) -> str | None:
    """Returns the number that a form means, as `+528112345678`; None when it cannot be used."""
    number = read_number(raw, region)
    if number is None or number.status is NumberStatus.UNUSABLE:
        return None
    return number.e164


def read_number(raw: str, region: str) -> Number | None:
    """Returns the number that a form means, with its status; None when the text holds no number.

    Of several numbers the first counts. An extension is dropped.
    """
    text = _written(raw)
    number = _number(_as_dialled(text, region), region)
    if number is not None:
        return number
    for writing in _other_writings(text):
        number = _number(_as_dialled(writing, region), region)
        if number is not None and number.status is not NumberStatus.UNKNOWN:
            return number
    return None


def canonical_phone(number: str) -> str:
    """Returns the form in which numbers are compared, of a number with its country code.

    It has no prefix that some networks add to mobile numbers and others leave out: Mexico's 1,
    Argentina's 9, Brazil's ninth digit. It is no number to call or write to.
    """
    digits = _NOT_DIGITS.sub("", unicodedata.normalize("NFKC", number))
    form = f"+{digits.lstrip('0')}"
    for habit, meaning in _MOBILE_PREFIXES:
        form = habit.sub(meaning, form)
    return form


def number_status(e164: str) -> NumberStatus:
    """Returns the status of a stored number."""
    parsed = _parsed(e164, None)
    if parsed is None:
        return NumberStatus.UNUSABLE
    kind = _kind(parsed)
    if kind is None and not _possible(parsed, e164):
        return NumberStatus.UNUSABLE
    return _status(parsed, kind)


def readable(address: str) -> str:
    """Returns an E.164 number as people write it, `+52 81 1234 5678`; other text unchanged."""
    parsed = _parsed(address, None) if re.fullmatch(r"\+[0-9]{5,15}", address) else None
    if parsed is None:
        return address
    written: str = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return written


def national_number(e164: str) -> str:
    """Returns the digits after the country code, by which a number is found however it is written.

    At most ten: those before them are prefixes of mobile phones that people leave out.
    """
    parsed = _parsed(e164, None)
    if parsed is None:
        return e164.lstrip("+")[-10:]
    national: str = phonenumbers.national_significant_number(parsed)
    return national[-10:]


def same_number(written: str, e164: str, region: str) -> bool:
    """Returns whether a text is the number, as it is written in its own country or the region."""
    regions = dict.fromkeys((region, country_of_number(e164) or region))
    read = (to_e164(written, place) for place in regions)
    return any(canonical_phone(number or written) == canonical_phone(e164) for number in read)


def country_of_number(e164: str) -> str | None:
    """Returns the number's country (`MX`); None for a country code that belongs to no country.

    Where several countries share a country code, a number that the metadata lacks counts as the
    largest country's.
    """
    parsed = _parsed(e164, None)
    if parsed is None:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    region = region or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return None if region in {NON_GEOGRAPHIC, NO_REGION} else region


def _written(raw: str) -> str:
    """Returns the text in plain characters, as it was before a spreadsheet or a link took it."""
    text = unicodedata.normalize("NFKC", raw[:_LONGEST]).strip()
    text = _SCHEME.sub("", text, count=1)
    power = _AS_POWER.match(text)
    if power and len(power[2]) <= int(power[3]) < 15:
        return power[1] + power[2].ljust(int(power[3]), "0")
    return text


def _as_dialled(text: str, region: str) -> str:
    """Returns the digits, after a plus where the country code is written; empty without digits."""
    text = _EXTENSION.sub("", _OTHER_NUMBER.split(text, maxsplit=1)[0])
    international = _PLUS_OR_DIGIT.search(text)
    digits = _NOT_DIGITS.sub("", text)
    if not digits:
        return ""
    number = digits
    if international and international.group() == "+" and digits[0] != "0":
        number = f"+{digits}"
    if number.startswith("00"):
        number = f"+{number[2:]}"
    for country, code, habits in _HABITS:
        if region != country and not number.startswith((f"+{code}", code)):
            continue
        for habit, meaning in habits:
            number = habit.sub(meaning, number)
    return number


def _other_writings(text: str) -> Iterator[str]:
    """Yields what the text may mean where it is no number as it stands, the likeliest first."""
    if as_float := _AS_FLOAT.match(text):
        yield as_float[1]
    yield from [f"+{part}" for part in text.split("+")[1:] if "+" in text[1:]][:_MOST_NUMBERS]
    yield from _RUN_OF_DIGITS.findall(text)[:_MOST_NUMBERS]
    digits = _NOT_DIGITS.sub("", text)
    if _OTHER_NUMBER.search(text):
        yield digits
    if digits.startswith("011"):  # how North America dials abroad
        yield f"+{digits[3:]}"
    doubled = _DOUBLED_COUNTRY.match(f"+{digits}")
    if doubled and text.startswith("+"):
        yield f"+{doubled[1]}{doubled[2]}"


def _number(written: str, region: str) -> Number | None:
    parsed = _parsed(written, region) if written else None
    if parsed is None:
        return None
    e164 = f"+{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"
    kind = _kind(parsed)
    # only a number written with its country code may be newer than the metadata
    if kind is None and not (written.startswith("+") and _possible(parsed, e164)):
        return None
    return Number(e164, _status(parsed, kind))


def _parsed(number: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    if region == "MX" or number.startswith("+52"):
        mexican = _MEXICAN.fullmatch(number)
        if mexican:
            return phonenumbers.PhoneNumber(country_code=52, national_number=int(mexican[1]))
    try:
        return phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None


def _possible(parsed: phonenumbers.PhoneNumber, e164: str) -> bool:
    """Returns whether the length is that of a full number, with its area code."""
    if _NO_AREA_CODE.match(e164):
        return False
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    return reason == phonenumbers.ValidationResult.IS_POSSIBLE


def _kind(parsed: phonenumbers.PhoneNumber) -> int | None:
    """Returns the metadata's type of the number; None where the metadata lacks the number."""
    kind: int = phonenumbers.number_type(parsed)
    return None if kind == phonenumbers.PhoneNumberType.UNKNOWN else kind


def _status(parsed: phonenumbers.PhoneNumber, kind: int | None) -> NumberStatus:
    if phonenumbers.region_code_for_country_code(parsed.country_code or 0) == NON_GEOGRAPHIC:
        return NumberStatus.UNUSABLE
    if kind is None:
        return NumberStatus.UNKNOWN
    if kind in IMPERSONAL_TYPES:
        return NumberStatus.UNUSABLE
    return NumberStatus.USABLE
