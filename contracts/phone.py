"""Phone numbers as people type them, to E.164."""

import re
import unicodedata

import phonenumbers

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
    """The number a form means, as `+528112345678`; None when nobody could be reached at it.

    Of several numbers the first counts. An extension is dropped. Toll-free and premium numbers are nobody's own.
    A number whose length is right but which the metadata does not know yet is taken: metadata lags behind carriers.
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
    if not phonenumbers.is_valid_number(parsed):
        # only a number written with its country code may be ahead of the metadata
        lagging = number.startswith("+") and phonenumbers.is_possible_number(parsed) and parsed.country_code != 52
        if not lagging:
            return None
    elif phonenumbers.number_type(parsed) not in DIALABLE:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
