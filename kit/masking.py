"""Masks phone numbers and email addresses: recognisable to a person who knows them, not usable."""

import re

# An address has at most 64 characters before the @. Without this bound, the search would scan a
# long word from each of its letters, in quadratic time.
_EMAIL = re.compile(r"([A-Za-z0-9])[A-Za-z0-9._%+\-]{0,63}(?:@|%40)([A-Za-z0-9][A-Za-z0-9.\-]*)")
# A number as people write it: ten to seventeen digits with a few marks between them, which belong
# neither to an id nor to a timestamp.
_BETWEEN = r"[ \t\u00a0\u2009\u202f.()/\u2010-\u2015\u2212\-]"
_PHONE = re.compile(
    r"(?<!\w)(?<!\d[.:])(?<![0-9a-f]{4}-)(?P<plus>\+|%2B)?\(?(?P<rest>\d"
    rf"(?:{_BETWEEN}{{0,3}}\d){{9,16}})(?:(?=ext|x\d)|(?!\w))(?![:\-][0-9a-f]{{2}})"
)
_NO_PHONE = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)|(?:\d{1,3}\.){3}\d{1,3}$")


def mask(text: str) -> str:
    """Returns the text with phones and emails masked: `+52******5678`, `a***@example.com`."""
    text = _EMAIL.sub(r"\1***@\2", text)
    return _PHONE.sub(_masked, text)


def _masked(phone: re.Match[str]) -> str:
    if _NO_PHONE.match(phone["rest"]):
        return phone[0]
    digits = re.sub(r"\D", "", phone["rest"])
    return f"{phone['plus'] or ''}{digits[:2]}******{digits[-4:]}"
