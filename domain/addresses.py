"""Compares phones and email addresses, whatever their spelling."""

import unicodedata

import idna

from domain.phone import canonical_phone


def canonical(address: str) -> str:
    """Returns the form in which a phone or an email address is compared, never the one to use."""
    return canonical_email(address) if "@" in address else canonical_phone(address)


def canonical_email(address: str) -> str:
    """Returns the form in which email addresses are compared.

    It has no capitals, and its domain is in the international spelling, not the ASCII one.
    """
    folded = unicodedata.normalize("NFC", address.strip()).lower()
    name, at, domain = folded.rpartition("@")
    return f"{name}{at}{_international(domain)}"


def _international(domain: str) -> str:
    if domain.isascii() and "xn--" not in domain:
        return domain
    try:
        return idna.decode(idna.encode(domain, uts46=True))
    except (idna.IDNAError, UnicodeError):
        return domain
