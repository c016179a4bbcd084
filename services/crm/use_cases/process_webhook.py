"""Processes stored webhooks of Cal.com, each exactly once."""

import json

import structlog

from kit.database import Database
from kit.errors import Unavailable, describe
from kit.failed_work import publish_failed
from providers.calcom.client import CalcomClient
from providers.calcom.models import BookingUpdate
from providers.calcom.webhooks import read_webhook
from services.crm.repositories import webhooks
from services.crm.repositories.appointments import BookingLock
from services.crm.repositories.failed_rows import WEBHOOKS
from services.crm.repositories.webhooks import Webhook
from services.crm.use_cases.apply_booking_update import apply_booking_update
from services.crm.use_cases.match_booking import BookingMatcher
from services.crm.use_cases.settle_doubt import settle_doubt

log = structlog.get_logger()

BATCH = 20
RETRY_SECONDS = 60.0
MAX_ATTEMPTS = 10


async def process_due_webhooks(
    database: Database,
    *,
    lock: BookingLock,
    matcher: BookingMatcher,
    calcom: CalcomClient | None,
) -> None:
    """Processes the webhooks whose next attempt is due."""
    for webhook in await webhooks.due(database, BATCH):
        await process_webhook(webhook, database, lock=lock, matcher=matcher, calcom=calcom)


async def process_webhook(
    webhook: Webhook,
    database: Database,
    *,
    lock: BookingLock,
    matcher: BookingMatcher,
    calcom: CalcomClient | None,
) -> list[int]:
    """Applies a stored webhook. Returns the leads that it concerns.

    Where it leaves a doubt, `calcom` is asked, if there is one. During an outage it stays stored.
    After a bug it is tried again, and fails in the end.
    """
    try:
        message = read_webhook(json.loads(webhook.body), webhook.received_at)
        update = message if isinstance(message, BookingUpdate) else None
        if update is not None and calcom is not None:
            update = await settle_doubt(update, database, calcom)
        lead_ids = await apply_booking_update(
            update,
            lock=lock,
            matcher=matcher,
            webhook_id=webhook.webhook_id,
        )
    except Unavailable as outage:
        log.warning("webhook.waiting", webhook=webhook.webhook_id, reason=describe(outage))
        return []
    except Exception as bug:
        state = await record_failure(database, webhook.webhook_id, describe(bug))
        log.error("webhook.not_understood", webhook=webhook.webhook_id, state=state, exc_info=bug)
        return []
    for lead_id in lead_ids:
        log.info("webhook.applied", lead_id=lead_id, webhook=webhook.webhook_id)
    return lead_ids


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
