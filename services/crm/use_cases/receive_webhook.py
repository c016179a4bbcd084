"""Receives a webhook of Cal.com: stores it, applies it, and waits for the lead's permits to end."""

import asyncio

from kit.database import Database
from providers.calcom.client import CalcomClient
from services.crm.repositories import permits, webhooks
from services.crm.repositories.appointments import BookingLock
from services.crm.use_cases.match_booking import BookingMatcher
from services.crm.use_cases.process_webhook import process_webhook

PERMIT_CHECK_SECONDS = 0.02


async def receive_webhook(
    key: str,
    raw: bytes,
    database: Database,
    *,
    lock: BookingLock,
    matcher: BookingMatcher,
    calcom: CalcomClient | None,
) -> None:
    """Returns once no follow-up to the leads that booked is on its way any more.

    `key` is the same for each repeat of the webhook. It is stored and committed before it is
    applied.
    """
    webhook = await webhooks.store(database, key, raw)
    if webhook is None:
        return
    lead_ids = await process_webhook(webhook, database, lock=lock, matcher=matcher, calcom=calcom)
    for lead_id in lead_ids:
        await _wait_for_permits(database, lead_id)


async def _wait_for_permits(database: Database, lead_id: int) -> None:
    """Returns when the touches that were permitted before have left. Each permit ends by itself."""
    while await permits.is_running(database, lead_id):
        await asyncio.sleep(PERMIT_CHECK_SECONDS)
