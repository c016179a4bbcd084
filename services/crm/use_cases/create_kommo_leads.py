"""Creates leads in Kommo in batches, and checks those whose creation had no clear answer."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from kit.clock import now
from kit.database import DATABASE_FAILURES
from kit.errors import Unavailable, describe
from kit.leader import Lead
from providers.errors import OutcomeUnknown
from providers.kommo.client import BATCH, KommoClient, KommoRefused
from providers.kommo.models import Contact, CustomField, ItemError, KommoLead
from services.crm.decisions.kommo import (
    Place,
    is_ours,
    lead_body,
    lead_changes,
    mark,
    next_check_delay,
    open_lead,
    same_person,
    searches,
)
from services.crm.decisions.kommo_fields import LeftOut, field_values
from services.crm.decisions.kommo_refusals import corrected, plain_reason
from services.crm.repositories.registrations import InKommo, UnclearLead
from services.crm.settings import Settings
from services.crm.use_cases.kommo_progress import KommoProgress, WaitingLead

log = structlog.get_logger()

FRESH_SECONDS = 60.0
FIELDS = "custom_fields_values"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A lead ready to be created: its body, and its contact if Kommo has one.

    `fields` are the account's custom fields as they were when the body was written. After a
    refusal it is rewritten once for the fields as they are now. `left_out` is what Kommo has
    refused of it, and `gone` are contacts that it did not take.
    """

    lead: WaitingLead
    body: dict[str, Any]
    contact_id: int | None
    fields: Mapping[int, CustomField] | None = None
    is_rewritten: bool = False
    left_out: tuple[LeftOut, ...] = ()
    gone: frozenset[int] = frozenset()

    @property
    def lead_id(self) -> int:
        return self.lead.lead_id

    @property
    def makes_more(self) -> bool:
        """Returns whether a contact or a company is made with the lead."""
        embedded = self.body.get("_embedded") or {}
        return self.contact_id is None and bool(embedded.keys() & {"contacts", "companies"})


def batches(prepared: Sequence[Prepared], *, alone: Collection[int]) -> list[list[Prepared]]:
    """Divides leads into calls.

    Leads that make a contact go to another address. Each lead of `alone` gets its own call.
    """
    single = [[lead] for lead in prepared if lead.lead_id in alone]
    together = [lead for lead in prepared if lead.lead_id not in alone]
    new = [lead for lead in together if lead.makes_more]
    known = [lead for lead in together if not lead.makes_more]
    return [batch for batch in (new, known, *single) if batch]


class FieldCache:
    """The account's custom fields. `known` is None before they are read, or if Kommo refuses to."""

    def __init__(self, kommo: KommoClient) -> None:
        self._kommo = kommo
        self._read_at: float | None = None
        self.known: Mapping[int, CustomField] | None = None

    async def read(self) -> None:
        """Reads the fields, if that was not tried before. Raises Unavailable."""
        if self._read_at is None:
            await self._read()

    async def read_again(self, *, at_once: bool = False) -> bool:
        """Reads the fields again, if they are not fresh. Returns whether it did."""
        is_fresh = self._read_at is not None and time.monotonic() - self._read_at < FRESH_SECONDS
        if is_fresh and not at_once:
            return False
        await self._read()
        return True

    async def _read(self) -> None:
        try:
            self.known = await self._kommo.lead_fields()
        except KommoRefused as refused:
            log.error("kommo.fields_refused", reason=str(refused))
            self.known = None
        self._read_at = time.monotonic()


class LeadCreator:
    """Creates leads during one `election`."""

    def __init__(
        self, progress: KommoProgress, kommo: KommoClient, settings: Settings, election: Lead
    ) -> None:
        self._progress = progress
        self._kommo = kommo
        self._settings = settings
        self._election = election
        self._fields = FieldCache(kommo)
        self._has_retried = False

    async def retry_refused(self) -> bool:
        """Queues again what Kommo refused with other settings, once a term."""
        if self._has_retried:
            return False
        fingerprint = self._settings.kommo.fingerprint
        retried = await self._progress.retry_refused(settings=fingerprint)
        self._has_retried = True
        return retried

    async def check_leads(self) -> bool:
        """Checks the leads whose creation had no clear answer. Returns whether there were any."""
        unclear = await self._progress.unclear_leads(BATCH)
        for lead in unclear:
            try:
                await self._check_lead(lead)
            except Unavailable:
                raise
            except Exception as bug:
                log.error("kommo.check_failed", lead_id=lead.lead_id, exc_info=bug)
                if not await self._recheck_lead(lead):
                    await self._progress.lead_failed(lead.lead_id, describe(bug))
        return bool(unclear)

    async def _check_lead(self, lead: UnclearLead) -> None:
        marked = await self._kommo.find_leads(mark(lead.lead_id))
        found = [kommo_lead for kommo_lead in marked if is_ours(kommo_lead, lead.lead_id)]
        if found:
            place = InKommo(found[0].lead_id, found[0].contact_id, is_known=True)
            await self._progress.registered({lead.lead_id: place})
            log.info("kommo.found", lead_id=lead.lead_id, kommo_lead_id=found[0].lead_id)
        elif not await self._recheck_lead(lead):
            await self._progress.lead_not_found(lead.lead_id)

    async def _recheck_lead(self, lead: UnclearLead) -> bool:
        """Schedules the next check. Returns False if this was the last."""
        delay = next_check_delay(self._settings.check_delays, lead.check_count)
        if delay is None:
            return False
        await self._progress.leads_unclear(
            [lead.lead_id], check_count=lead.check_count + 1, check_in=delay
        )
        return True

    async def create_leads(self) -> bool:
        """Creates waiting leads. Returns whether there were any. Raises Unavailable."""
        waiting = await self._progress.claim_leads(BATCH, term=self._election.term)
        prepared: list[Prepared] = []
        try:
            for lead in waiting:
                prepared += await self._prepare(lead)
            alone = {lead.lead_id for lead in waiting if lead.attempts}
            for batch in batches(prepared, alone=alone):
                await self._create(batch)
        except DATABASE_FAILURES:
            raise  # Kommo may have the leads, so the claimed ones are checked in the next run
        except Unavailable:
            await self._progress.release_leads([lead.lead_id for lead in waiting])
            raise
        return bool(waiting)

    async def _prepare(self, lead: WaitingLead) -> list[Prepared]:
        """Returns the lead ready to be created, or nothing if that fails, and the lead with it.

        Nothing is left to create where Kommo has an open lead of the contact that is to be updated.
        """
        try:
            contact = await self._contact_of(lead)
            prepared = await self._with_body(lead, contact)
            deal = await self._open_lead_of(contact)
            if deal is None:
                return [prepared]
            await self._join(replace(prepared, body=lead_changes(prepared.body)), deal)
        except Unavailable:
            raise
        except Exception as bug:
            log.error("kommo.lead_failed", lead_id=lead.lead_id, exc_info=bug)
            await self._progress.lead_failed(lead.lead_id, describe(bug))
        return []

    async def _contact_of(self, lead: WaitingLead) -> Contact | None:
        """Returns the lead's contact, the person's own from an earlier lead or one that is found.

        The first may be gone, which Kommo says when it is used.
        """
        known = await self._progress.known_contact(lead.person_id)
        if known is not None:
            return Contact(known, (), ())
        return await self._find_contact(lead)

    async def _find_contact(self, lead: WaitingLead) -> Contact | None:
        for text in searches(lead.card):
            try:
                listed = await self._kommo.find_contacts(text)
            except KommoRefused as refused:  # one search costs no lead
                log.error("kommo.search_refused", lead_id=lead.lead_id, reason=str(refused))
                continue
            found = same_person(listed, lead.card, self._settings.default_region)
            if found is not None:
                return found
        return None

    async def _with_body(self, lead: WaitingLead, contact: Contact | None) -> Prepared:
        kommo = self._settings.kommo
        contact_id = contact.contact_id if contact else None
        fields = await self._values_of(lead)
        body = lead_body(
            lead.lead_id,
            lead.card,
            place=Place(kommo.pipeline_id, kommo.status_id_inicial),
            fields=fields,
            contact_id=contact_id,
            tags=kommo.tag_names,
            responsible=kommo.users[lead.turn % len(kommo.users)] if kommo.users else None,
        )
        return Prepared(lead, body, contact_id, self._fields.known)

    async def _values_of(self, lead: WaitingLead) -> list[dict[str, Any]]:
        """Returns the values of the lead's custom fields. Those that find no place become notes."""
        wanted = self._settings.kommo.fields
        if not wanted:
            return []
        await self._fields.read()
        values, left_out = field_values(lead.card, wanted, self._fields.known, self._settings.zone)
        if left_out and await self._fields.read_again():  # the list may have grown since
            values, left_out = field_values(
                lead.card, wanted, self._fields.known, self._settings.zone
            )
        await self._progress.left_out(lead.lead_id, left_out)
        return values

    async def _open_lead_of(self, contact: Contact | None) -> KommoLead | None:
        """Returns the contact's open lead, where such a lead is to be updated."""
        if contact is None or self._settings.kommo.duplicates == "add":
            return None
        listed = await self._kommo.contacts([contact.contact_id])
        if contact.contact_id not in listed:
            return None
        deals = await self._kommo.leads(listed[contact.contact_id].lead_ids)
        return open_lead(list(deals.values()), self._settings.kommo.pipeline_id)

    async def _join(self, prepared: Prepared, deal: KommoLead) -> None:
        """Updates an open lead instead of adding another. Harmless when repeated."""
        if prepared.body:
            try:
                await self._kommo.change_lead(deal.lead_id, prepared.body)
            except KommoRefused as refused:
                reduced = await self._corrected(prepared, _errors(refused, deal.lead_id))
                if reduced is not None:
                    await self._join(reduced, deal)
                    return
                log.error("kommo.update_refused", lead_id=prepared.lead_id, reason=str(refused))
        await self._progress.left_out(prepared.lead_id, prepared.left_out)
        place = InKommo(deal.lead_id, prepared.contact_id, merged=True)
        await self._progress.registered({prepared.lead_id: place})
        log.info("kommo.joined", lead_id=prepared.lead_id, kommo_lead_id=deal.lead_id)

    async def _create(self, batch: Sequence[Prepared]) -> None:
        """Creates the batch in one call. Raises Unavailable when none of it was created."""
        ids = [lead.lead_id for lead in batch]
        asked_at = now()
        try:
            answered = await self._post(batch)
        except Unavailable:
            raise
        except KommoRefused as refused:
            await self._separate(batch, refused)
            return
        except OutcomeUnknown as unclear:
            log.warning("kommo.unclear", leads=len(ids), reason=describe(unclear))
            answered = {}
        except Exception as bug:  # Kommo may have the leads, although its answer is unreadable
            log.error("kommo.not_understood", leads=len(ids), exc_info=bug)
            answered = {}
        for lead in batch:  # Kommo has it now, or may have it, without what it refused
            await self._progress.left_out(lead.lead_id, lead.left_out)
        if answered:
            await self._progress.registered(answered, asked_at=asked_at)
            log.info("kommo.registered", leads=len(answered), lead_ids=list(answered)[:10])
        missing = [lead_id for lead_id in ids if lead_id not in answered]
        if missing:
            await self._progress.leads_unclear(
                missing, check_count=0, check_in=self._settings.check_delays[0]
            )

    async def _post(self, batch: Sequence[Prepared]) -> dict[int, InKommo]:
        """Creates the batch. Returns Kommo's lead and contact, by our lead id."""
        bodies = [lead.body for lead in batch]
        if batch[0].makes_more:
            registered = await self._kommo.add_leads_with_contacts(bodies)
        else:
            registered = await self._kommo.add_leads(bodies)
        contacts = {str(lead.lead_id): lead.contact_id for lead in batch}
        return {
            int(created.request_id): InKommo(
                created.lead_id,
                created.contact_id or contacts[created.request_id],
                merged=created.merged,
                is_known=contacts[created.request_id] is not None,
            )
            for created in registered
            if created.request_id in contacts
        }

    async def _separate(self, batch: Sequence[Prepared], refused: KommoRefused) -> None:
        """Retries a refused batch, of which nothing was created.

        The leads that the refusal names go without what Kommo refuses, or fail; the others go as
        they are. If it names none, each half goes by itself.
        """
        if len(batch) == 1:
            await self._create_all(await self._corrected_or_none(batch[0], refused))
            return
        named = [lead for lead in batch if str(lead.lead_id) in refused.items]
        if not named:
            middle = len(batch) // 2
            await self._create(batch[:middle])
            await self._create(batch[middle:])
            return
        rest = [lead for lead in batch if lead not in named]
        for lead in named:
            rest += await self._corrected_or_none(lead, refused)
        await self._create_all(rest)

    async def _create_all(self, leads: Sequence[Prepared]) -> None:
        for batch in batches(leads, alone=()):
            await self._create(batch)

    async def _corrected_or_none(self, lead: Prepared, refused: KommoRefused) -> list[Prepared]:
        """Returns the lead without what Kommo refuses of it, or nothing, and the lead fails."""
        errors = _errors(refused, lead.lead_id)
        reduced = await self._corrected(lead, errors)
        if reduced is not None:
            return [reduced]
        reason = plain_reason(errors, str(refused))
        await self._progress.lead_refused(
            lead.lead_id, reason, settings=self._settings.kommo.fingerprint
        )
        log.error("kommo.refused", lead_id=lead.lead_id, reason=reason)
        return []

    async def _corrected(self, lead: Prepared, errors: Sequence[ItemError]) -> Prepared | None:
        """Returns the lead without what is at fault, None where that is nothing optional.

        A contact that is gone is looked up again, or made.
        """
        if not lead.is_rewritten and any(error.path.startswith(FIELDS) for error in errors):
            rewritten = await self._rewritten(lead)
            if rewritten.body != lead.body:
                return rewritten
            lead = rewritten
        reduced = corrected(lead.lead_id, lead.body, errors, self._settings.kommo.fields)
        if reduced is None:
            return None
        log.warning("kommo.left_out", lead_id=lead.lead_id, faults=[error.path for error in errors])
        lead = replace(lead, body=reduced.body, left_out=lead.left_out + reduced.left_out)
        if reduced.contact_gone and lead.contact_id is not None:
            return await self._with_other_contact(lead, lead.contact_id)
        return lead

    async def _rewritten(self, lead: Prepared) -> Prepared:
        """Returns the lead with values for the fields as they are now: somebody may change them."""
        if lead.fields is self._fields.known:
            await self._fields.read_again(at_once=True)
        values = await self._values_of(lead.lead)
        body = {name: value for name, value in lead.body.items() if name != FIELDS}
        if values:
            body[FIELDS] = values
        return replace(lead, body=body, fields=self._fields.known, is_rewritten=True)

    async def _with_other_contact(self, lead: Prepared, gone: int) -> Prepared:
        """Returns the lead with another contact of the person, found or new."""
        await self._progress.forget_contact(gone)
        tried = lead.gone | {gone}
        found = await self._find_contact(lead.lead)
        contact_id = found.contact_id if found and found.contact_id not in tried else None
        embedded = lead_body(
            lead.lead_id,
            lead.lead.card,
            place=Place(None, 0),
            fields=(),
            contact_id=contact_id,
        )["_embedded"]
        body = lead.body | {"_embedded": lead.body["_embedded"] | embedded}
        return replace(lead, body=body, contact_id=contact_id, gone=tried)


def _errors(refused: KommoRefused, request_id: int) -> Sequence[ItemError]:
    """Returns the errors of one item; of an only one, under whatever name."""
    if str(request_id) in refused.items or len(refused.items) != 1:
        return refused.items.get(str(request_id), ())
    return next(iter(refused.items.values()))
