"""Crm's periodic jobs."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog

from kit.messaging import inbox
from kit.periodic import PeriodicJob
from services.crm.deps import Deps
from services.crm.repositories import webhooks
from services.crm.use_cases.expire_requests import expire_requests
from services.crm.use_cases.match_booking import match_bookings
from services.crm.use_cases.process_webhook import process_due_webhooks

log = structlog.get_logger()

WEBHOOK_RETENTION = timedelta(days=30)


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    """Returns the jobs, with their intervals in seconds."""
    database = deps.database

    async def process_webhooks() -> None:
        await process_due_webhooks(
            database, lock=deps.lock, matcher=deps.matcher, calcom=deps.calcom
        )

    async def forget_old_webhooks() -> None:
        await webhooks.forget_old(database, WEBHOOK_RETENTION)

    async def match_unmatched_bookings() -> None:
        for lead_id in await match_bookings(deps.lock, deps.matcher):
            log.info("booking.matched", lead_id=lead_id)

    async def expire_unanswered_requests() -> None:
        for lead_id in await expire_requests(deps.lock, deps.settings.request_timeout):
            log.info("booking.request_expired", lead_id=lead_id)

    periodic = [
        PeriodicJob("sync_kommo", 1, deps.kommo_sync),
        PeriodicJob("process_webhooks", 1, process_webhooks),
        PeriodicJob("match_bookings", 1, match_unmatched_bookings),
        PeriodicJob("expire_requests", 60, expire_unanswered_requests),
        PeriodicJob("forget_old_events", 3600, partial(inbox.forget_old, database)),
        PeriodicJob("forget_old_webhooks", 3600, forget_old_webhooks),
    ]
    if deps.calcom_poll is not None:
        periodic.append(PeriodicJob("poll_calcom", 1, deps.calcom_poll))
    return periodic
