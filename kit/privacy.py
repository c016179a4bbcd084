"""Phones and addresses in a form that helps a person recognise them and nobody to use them."""

import re

# what stands before the @ has at most 64 characters; without a bound, a long word is gone through from each letter on
_EMAIL = re.compile(r"([A-Za-z0-9])[A-Za-z0-9._%+\-]{0,63}(?:@|%40)([A-Za-z0-9][A-Za-z0-9.\-]*)")
_PHONE = re.compile(r"(?:(?<=[^\w.\-])|^)(\+|%2B)?(\d{2})(\d{4,11})(\d{4})(?![\w\-])")


def mask(text: str) -> str:
    """`text` with every phone number and email address masked: `+52******5678`, `a***@example.com`."""
    text = _EMAIL.sub(r"\1***@\2", text)
    return _PHONE.sub(lambda m: f"{m[1] or ''}{m[2]}******{m[4]}", text)
