"""Processes stored deliveries: reads or fetches what each names, and submits it."""

import asyncio
from datetime import timedelta

import structlog

from kit.clock import now
from kit.errors import Unavailable, describe
from kit.failed_work import publish_failed
from services.intake.decisions.deliveries import (
    MAX_ATTEMPTS,
    is_given_up,
    seconds_until_retry,
    summary,
)
from services.intake.deps import Deps
from services.intake.platforms import META, read_delivery
from services.intake.repositories import deliveries
from services.intake.repositories.deliveries import DueDelivery
from services.intake.use_cases.submit_form import NO_ADDRESS, REFUSED, submit_form
from sources import trial
from sources.meta import notifications
from sources.meta.errors import Gone
from sources.model import Form, Unreadable

log = structlog.get_logger()

BATCH = 20
LEASE = timedelta(seconds=60)


async def process_due_deliveries(deps: Deps) -> bool:
    """Processes a batch of due deliveries. Returns whether there may be more."""
    waiting = () if deps.meta.answers else (META,)
    due = await deliveries.claim(deps.database, without=waiting, limit=BATCH, lease=LEASE)
    await asyncio.gather(*(process_delivery(delivery, deps) for delivery in due))
    return len(due) == BATCH


async def process_delivery(delivery: DueDelivery, deps: Deps) -> None:
    """Processes one delivery, and records what came of it.

    During an outage it stays as it is. After a bug it is tried again, and fails in the end.
    """
    try:
        forms = await _forms(delivery, deps)
        if forms is not None:
            await _submit(delivery, forms, deps)
    except Unavailable as outage:
        log.warning("delivery.waiting", delivery=delivery.delivery_id, reason=describe(outage))
    except Exception as bug:  # one bad delivery must not stop the others
        log.error("delivery.not_processed", delivery=delivery.delivery_id, exc_info=bug)
        if delivery.attempts >= MAX_ATTEMPTS:
            await _fail(delivery, describe(bug), deps)
        else:
            await _postpone(delivery, describe(bug), deps)


async def _forms(delivery: DueDelivery, deps: Deps) -> list[Form] | None:
    """Returns what the delivery brings; None where that cannot be had now, or never."""
    if delivery.body is None:
        await _fail(delivery, "its body is not kept any more", deps)
        return None
    try:
        if delivery.source == META and delivery.content_type != trial.CONTENT_TYPE:
            return await _fetched(delivery, delivery.body, deps)
        return read_delivery(delivery.source, delivery.content_type, delivery.body)
    except Unreadable as unreadable:
        await _fail(delivery, f"it cannot be read: {unreadable.code}", deps)
    return None


async def _fetched(delivery: DueDelivery, body: bytes, deps: Deps) -> list[Form] | None:
    pages = deps.settings.meta.page_ids
    notices = [
        notice for notice in notifications.read(body) if not pages or notice.page_id in pages
    ]
    try:
        return [await deps.meta.lead(notice.leadgen_id) for notice in notices]
    except Gone as gone:
        await _wait_for_platform(delivery, str(gone), deps, gone=True)
    except Unavailable as outage:
        await _wait_for_platform(delivery, str(outage), deps, gone=False)
    return None


async def _wait_for_platform(delivery: DueDelivery, reason: str, deps: Deps, *, gone: bool) -> None:
    if is_given_up(delivery.received_at, now(), gone=gone):
        await _fail(delivery, reason, deps)
    elif deps.meta.answers:
        await _postpone(delivery, reason, deps)
    else:  # it is tried again as soon as the platform is
        await deliveries.postpone(deps.database, delivery.delivery_id, reason, seconds=0)


async def _submit(delivery: DueDelivery, forms: list[Form], deps: Deps) -> None:
    submitted = [
        await submit_form(
            form,
            f"delivery {delivery.delivery_id} {number}",
            deps,
            received_at=delivery.received_at,
        )
        for number, form in enumerate(forms)
    ]
    outcomes = [result.outcome for result in submitted]
    if outcomes and set(outcomes) == {REFUSED}:
        await _fail(delivery, NO_ADDRESS, deps)
        return
    submission_ids = [result.submission_id for result in submitted if result.submission_id]
    await deliveries.finish(
        deps.database,
        delivery.delivery_id,
        summary(outcomes),
        submission_ids,
        repeatable=any(form.test for form in forms),
    )
    log.info(
        "delivery.processed",
        source=delivery.source,
        delivery=delivery.delivery_id,
        outcome=summary(outcomes),
    )


async def _postpone(delivery: DueDelivery, reason: str, deps: Deps) -> None:
    seconds = seconds_until_retry(delivery.attempts)
    await deliveries.postpone(deps.database, delivery.delivery_id, reason, seconds)


async def _fail(delivery: DueDelivery, reason: str, deps: Deps) -> None:
    """Sets the delivery aside, for an operator to have it processed again."""
    async with deps.database.transaction() as connection:
        if await deliveries.fail(connection, delivery.delivery_id, reason):
            await publish_failed(
                connection,
                service="intake",
                kind=deliveries.DELIVERIES.kind,
                row_id=delivery.delivery_id,
                reason=f"{delivery.source}: {reason}",
            )
    log.warning(
        "delivery.failed", source=delivery.source, delivery=delivery.delivery_id, reason=reason
    )
