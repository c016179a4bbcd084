"""Decides which phones and emails a contact in Kommo lacks. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.addresses import canonical_email
from domain.phone import same_number
from providers.kommo.models import Contact


def missing_addresses(
    contact: Contact, phones: Sequence[str], emails: Sequence[str], region: str
) -> dict[str, list[str]]:
    """Returns the new phones and emails, by PHONE and EMAIL, without the empty ones."""
    phones, emails = list(dict.fromkeys(phones)), list(dict.fromkeys(emails))
    known_emails = {canonical_email(email) for email in contact.emails}
    missing = {
        "PHONE": [phone for phone in phones if not _has_phone(contact, phone, region)],
        "EMAIL": [email for email in emails if canonical_email(email) not in known_emails],
    }
    return {code: values for code, values in missing.items() if values}


def _has_phone(contact: Contact, phone: str, region: str) -> bool:
    return any(same_number(written, phone, region) for written in contact.phones)


def with_added(
    contact: Contact, missing: Mapping[str, Sequence[str]]
) -> dict[str, list[dict[str, Any]]]:
    """Returns the changed lists of values. Kommo replaces a whole list, so the old ones stay in."""
    changed: dict[str, list[dict[str, Any]]] = {}
    for code, added in missing.items():
        new = [{"value": value, "enum_code": "WORK"} for value in added]
        changed[code] = list(contact.values.get(code, ())) + new
    return changed
