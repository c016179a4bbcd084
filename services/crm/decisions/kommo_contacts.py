"""Decides which phones and emails a contact in Kommo lacks. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.addresses import canonical_email
from domain.phone import canonical_phone, to_e164
from providers.kommo.models import Contact


def missing_addresses(
    contact: Contact, phones: Sequence[str], emails: Sequence[str], region: str
) -> dict[str, list[str]]:
    """Returns the new phones and emails, by PHONE and EMAIL, without the empty ones."""
    phones, emails = list(dict.fromkeys(phones)), list(dict.fromkeys(emails))
    known_phones = {canonical_phone(to_e164(text, region) or text) for text in contact.phones}
    known_emails = {canonical_email(email) for email in contact.emails}
    missing = {
        "PHONE": [phone for phone in phones if canonical_phone(phone) not in known_phones],
        "EMAIL": [email for email in emails if canonical_email(email) not in known_emails],
    }
    return {code: values for code, values in missing.items() if values}


def with_added(
    contact: Contact, missing: Mapping[str, Sequence[str]]
) -> dict[str, list[dict[str, Any]]]:
    """Returns the changed lists of values. Kommo replaces a whole list, so the old ones stay in."""
    changed: dict[str, list[dict[str, Any]]] = {}
    for code, added in missing.items():
        new = [{"value": value, "enum_code": "WORK"} for value in added]
        changed[code] = list(contact.values.get(code, ())) + new
    return changed
