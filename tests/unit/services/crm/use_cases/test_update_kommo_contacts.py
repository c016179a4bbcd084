"""New phones and emails of a person reach their contact in Kommo, whatever became of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from providers.kommo.client import KommoClient, KommoRefused
from providers.kommo.models import Contact, KommoLead
from services.crm.decisions.kommo_fields import LeftOut
from services.crm.settings import KommoSettings, Settings
from services.crm.use_cases.kommo_progress import ContactDue, KommoProgress
from services.crm.use_cases.update_kommo_contacts import ContactUpdater
from tests.builders import a_card

PHONE, OTHER_PHONE = "+528112345678", "+525511112222"
EMAIL, OTHER_EMAIL = "ana@example.com", "otra@example.com"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


class Rows:
    def __init__(self) -> None:
        self.settled: dict[int, int | None] = {}
        self.left: list[LeftOut] = []
        self.waiting = [ContactDue(1, 101, a_card(), NOW, [PHONE], [EMAIL, OTHER_EMAIL])]

    async def contacts_due(self, limit: int) -> list[ContactDue]:
        return self.waiting

    async def contact_settled(self, due: ContactDue, contact_id: int | None) -> None:
        self.settled[due.lead_id] = contact_id

    async def left_out(self, lead_id: int, values: Sequence[LeftOut]) -> None:
        self.left += values


class Kommo:
    def __init__(self, contact_id: int | None, *contacts: Contact) -> None:
        self._lead = KommoLead(101, "", contact_id)
        self._contacts = {contact.contact_id: contact for contact in contacts}
        self.changes: list[Mapping[str, Any]] = []
        self.made: list[Mapping[str, Any]] = []
        self.links: list[tuple[int, int]] = []
        self.refuses = ""

    async def leads(self, lead_ids: Sequence[int]) -> dict[int, KommoLead]:
        return {101: self._lead}

    async def contacts(self, contact_ids: Sequence[int]) -> dict[int, Contact]:
        found = (self._contacts.get(number) for number in contact_ids)
        return {contact.contact_id: contact for contact in found if contact is not None}

    async def find_contacts(self, text: str) -> list[Contact]:
        return list(self._contacts.values())

    async def add_contact(self, contact: Mapping[str, Any]) -> int:
        self.made.append(contact)
        return 55

    async def link_contact(self, lead_id: int, contact_id: int) -> None:
        self.links.append((lead_id, contact_id))

    async def change_contact(self, contact_id: int, values: Mapping[str, Any]) -> None:
        if self.refuses in values:
            raise KommoRefused("kommo: 400", {})
        self.changes.append(values)


async def update(rows: Rows, kommo: Kommo) -> None:
    settings = Settings.model_construct(kommo=KommoSettings.model_construct(), default_region="MX")
    updater = ContactUpdater(cast("KommoProgress", rows), cast("KommoClient", kommo), settings)
    await updater.update_contacts()


def values(*listed: str) -> list[dict[str, str]]:
    return [{"value": value, "enum_code": "WORK"} for value in listed]


async def test_only_what_is_missing_is_added() -> None:
    old = {"value": EMAIL, "enum_id": 4}
    rows = Rows()
    kommo = Kommo(9, Contact(9, ("81 1234 5678",), (EMAIL,), values={"EMAIL": [old]}))
    await update(rows, kommo)

    assert kommo.changes == [{"EMAIL": [old, *values(OTHER_EMAIL)]}]
    assert rows.settled == {1: 9}


async def test_a_refused_phone_keeps_no_email_out_and_is_noted() -> None:
    rows, kommo = Rows(), Kommo(9, Contact(9, (), ()))
    kommo.refuses = "PHONE"
    await update(rows, kommo)

    assert kommo.changes == [{"EMAIL": values(EMAIL, OTHER_EMAIL)}]
    assert [(left.name, left.value) for left in rows.left] == [("teléfono", PHONE)]
    assert rows.settled == {1: 9}


async def test_a_lead_without_a_contact_gets_the_one_that_is_found() -> None:
    rows, kommo = Rows(), Kommo(None, Contact(12, (OTHER_PHONE, PHONE), ()))
    await update(rows, kommo)

    assert (kommo.made, kommo.links, rows.settled) == ([], [(101, 12)], {1: 12})
    assert kommo.changes == [{"EMAIL": values(EMAIL, OTHER_EMAIL)}]


async def test_a_lead_without_a_contact_gets_a_new_one_with_all_addresses() -> None:
    rows, kommo = Rows(), Kommo(None)
    await update(rows, kommo)

    assert [contact["name"] for contact in kommo.made] == ["Ana Torres"]
    assert (kommo.links, rows.settled) == ([(101, 55)], {1: 55})
    assert kommo.changes == [{"EMAIL": values(EMAIL, OTHER_EMAIL)}]
