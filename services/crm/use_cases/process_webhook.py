"""Processes stored webhooks of Cal.com, each exactly once."""

import json

import structlog

from kit.database import Database
from kit.errors import Unavailable, describe
from kit.failed_work import publish_failed
from providers.calcom.models import BookingUpdate
from providers.calcom.webhooks import read_webhook
from services.crm.repositories import webhooks
from services.crm.repositories.bookings import BookingLock
from services.crm.repositories.failed_rows import WEBHOOKS
from services.crm.repositories.webhooks import Webhook
from services.crm.use_cases.apply_booking_update import apply_booking_update
from services.crm.use_cases.match_booking import BookingMatcher

log = structlog.get_logger()

BATCH = 20
RETRY_SECONDS = 60.0
MAX_ATTEMPTS = 10


async def process_due_webhooks(
    database: Database, *, lock: BookingLock, matcher: BookingMatcher
) -> None:
    """Processes the webhooks whose next attempt is due."""
    for webhook in await webhooks.due(database, BATCH):
        await process_webhook(webhook, database, lock=lock, matcher=matcher)


async def process_webhook(
    webhook: Webhook, database: Database, *, lock: BookingLock, matcher: BookingMatcher
) -> int | None:
    """Applies a stored webhook. Returns its lead, or None where none matches.

    During an outage it stays stored. After a bug it is tried again, and fails in the end.
    """
    try:
        update = read_webhook(json.loads(webhook.body), webhook.received_at)
        lead_id = await apply_booking_update(
            update if isinstance(update, BookingUpdate) else None,
            lock=lock,
            matcher=matcher,
            webhook_id=webhook.webhook_id,
        )
    except Unavailable as outage:
        log.warning("webhook.waiting", webhook=webhook.webhook_id, reason=describe(outage))
        return None
    except Exception as bug:
        state = await record_failure(database, webhook.webhook_id, describe(bug))
        log.error("webhook.not_understood", webhook=webhook.webhook_id, state=state, exc_info=bug)
        return None
    log.info("booking.updated", lead_id=lead_id, webhook=webhook.webhook_id)
    return lead_id


async def record_failure(database: Database, webhook_id: int, error: str) -> str:
    """Records why a webhook could not be processed, and publishes it when it has finally failed.

    Returns its state: `new` if it will be tried again, `failed` if not. A webhook that is not new
    any more stays as it is.
    """
    async with database.transaction() as connection:
        state = await webhooks.lock_state(connection, webhook_id)
        if state != "new":
            return state
        state = await webhooks.record_failure(
            connection, webhook_id, error, retry_in=RETRY_SECONDS, max_attempts=MAX_ATTEMPTS
        )
        if state == "failed":
            await publish_failed(
                connection, service="crm", kind=WEBHOOKS.kind, row_id=webhook_id, reason=error
            )
        return state
