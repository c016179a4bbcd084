"""Adds the new phones and emails of a person to their contact in Kommo."""

from collections.abc import Mapping
from typing import Any

import structlog

from kit.errors import Unavailable, describe
from providers.kommo.client import BATCH, KommoClient, KommoRefused
from providers.kommo.models import Contact, KommoLead
from services.crm.decisions.kommo import contact_body, same_person, searches
from services.crm.decisions.kommo_contacts import missing_addresses, with_added
from services.crm.decisions.kommo_fields import LeftOut
from services.crm.decisions.kommo_refusals import ADDRESSES, REFUSED
from services.crm.settings import Settings
from services.crm.use_cases.kommo_progress import ContactDue, KommoProgress

log = structlog.get_logger()


class ContactUpdater:
    """Updates contacts in Kommo."""

    def __init__(self, progress: KommoProgress, kommo: KommoClient, settings: Settings) -> None:
        self._progress = progress
        self._kommo = kommo
        self._settings = settings

    async def update_contacts(self) -> bool:
        """Updates the contacts of leads with new addresses. Returns whether there were any."""
        waiting = await self._progress.contacts_due(BATCH)
        if not waiting:
            return False
        deals = await self._kommo.leads([due.kommo_lead_id for due in waiting])
        contact_ids = [deal.contact_id for deal in deals.values() if deal.contact_id is not None]
        contacts = await self._kommo.contacts(contact_ids)
        for due in waiting:
            try:
                await self._update(due, deals.get(due.kommo_lead_id), contacts)
            except Unavailable:
                raise
            except Exception as bug:
                log.error("kommo.contact_failed", lead_id=due.lead_id, exc_info=bug)
                await self._progress.left_out(due.lead_id, [LeftOut("contacto", "", describe(bug))])
                await self._progress.contact_settled(due, None)
        return True

    async def _update(
        self, due: ContactDue, deal: KommoLead | None, contacts: dict[int, Contact]
    ) -> None:
        """Updates the contact that the lead has now. A deleted lead has none."""
        if deal is None:
            await self._progress.contact_settled(due, None)
            return
        contact = contacts.get(deal.contact_id or 0) or await self._contact_for(due)
        await self._add_missing(due, contact)
        await self._progress.contact_settled(due, contact.contact_id)

    async def _contact_for(self, due: ContactDue) -> Contact:
        """Finds or makes a contact for a lead that has none any more, and links it."""
        found = None
        for text in searches(due.card):
            listed = await self._kommo.find_contacts(text)
            found = found or same_person(listed, due.card, self._settings.default_region)
        if found is None:
            body = contact_body(due.card)
            found = _contact_of(body, await self._kommo.add_contact(body))
        await self._kommo.link_contact(due.kommo_lead_id, found.contact_id)
        log.info("kommo.contact_linked", lead_id=due.lead_id, contact_id=found.contact_id)
        return found

    async def _add_missing(self, due: ContactDue, contact: Contact) -> None:
        missing = missing_addresses(contact, due.phones, due.emails, self._settings.default_region)
        # each kind by itself, so that a phone that Kommo refuses keeps no email out
        for code, values in missing.items():
            try:
                await self._kommo.change_contact(
                    contact.contact_id, with_added(contact, {code: values})
                )
            except KommoRefused as refused:
                log.error("kommo.contact_refused", lead_id=due.lead_id, reason=str(refused))
                left_out = LeftOut(ADDRESSES[code], ", ".join(values), REFUSED)
                await self._progress.left_out(due.lead_id, [left_out])
            else:
                log.info("kommo.contact_updated", lead_id=due.lead_id, added=code)


def _contact_of(body: Mapping[str, Any], contact_id: int) -> Contact:
    """Returns the contact that was made of a body."""
    values = {
        field["field_code"]: field["values"] for field in body.get("custom_fields_values", ())
    }
    phones, emails = (
        tuple(value["value"] for value in values.get(code, ())) for code in ("PHONE", "EMAIL")
    )
    return Contact(contact_id, phones, emails, values=values)
