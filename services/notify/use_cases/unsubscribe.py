"""Unsubscribes the address of a form, and takes that back."""

import structlog

from contracts.events.touch import Channel
from kit.database import Database
from services.notify.repositories import leads, opt_outs
from services.notify.use_cases.opt_out import opt_out

log = structlog.get_logger()


async def unsubscribe(submission_id: int, database: Database) -> bool:
    """Opts the form's address out; returns False for an unknown form. A repeat has no effect."""
    found = await leads.get_form(database, submission_id)
    if found is None:
        return False
    lead_id, form = found
    address = form.card.email or form.card.phone
    if address is not None:
        stopped = await opt_out(address, Channel.EMAIL, "unsubscribed", database)
        log.info(
            "address.opted_out",
            lead_id=lead_id,
            channel=Channel.EMAIL,
            reason="unsubscribed",
            stopped_leads=list(stopped.lead_ids),
            address_stopped=stopped.is_new,
        )
    return True


async def resubscribe(submission_id: int, database: Database) -> bool:
    """Takes back the stop of the form's address; returns False for an unknown form."""
    found = await leads.get_form(database, submission_id)
    if found is None:
        return False
    lead_id, form = found
    address = form.card.email or form.card.phone
    removed = address is not None and await opt_outs.remove(database, address)
    log.info("address.opted_in", lead_id=lead_id, removed=removed)
    return True
