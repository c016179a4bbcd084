"""Processes stored deliveries: reads or fetches what each names, and submits it."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import structlog

from kit.clock import now
from kit.errors import Refused, Unavailable, describe
from kit.failed_work import publish_failed
from services.intake.decisions.deliveries import (
    MAX_ATTEMPTS,
    is_given_up,
    seconds_until_retry,
    summary,
)
from services.intake.deps import Deps
from services.intake.platforms import META, READERS
from services.intake.repositories import deliveries
from services.intake.repositories.deliveries import DueDelivery
from services.intake.use_cases.read_post import Post, Unreachable, read_post
from services.intake.use_cases.submit_form import (
    NO_ADDRESS,
    REFUSED,
    Submitted,
    sent_at,
    submit,
    submit_form,
)
from sources import trial
from sources.meta import notifications
from sources.meta.client import MAX_IDS
from sources.meta.errors import Gone
from sources.meta.notifications import LeadNotice
from sources.model import Form, Unreadable

log = structlog.get_logger()

Leads = Mapping[str, Form]  # by Meta's ids of them

BATCH = 20
LEASE = timedelta(seconds=60)


async def process_due_deliveries(deps: Deps) -> bool:
    """Processes a batch of due deliveries. Returns whether there may be more."""
    waiting = () if deps.meta.answers else (META,)
    due = await deliveries.claim(deps.database, without=waiting, limit=BATCH, lease=LEASE)
    leads = await _fetch_together(due, deps)
    await asyncio.gather(*(process_delivery(delivery, leads, deps) for delivery in due))
    return len(due) == BATCH


async def _fetch_together(due: Sequence[DueDelivery], deps: Deps) -> Leads:
    """Returns the leads of several notifications, asked for at once. Empty where that failed."""
    leadgen_ids: list[str] = []
    for delivery in due:
        with suppress(Unreadable):
            leadgen_ids += [notice.leadgen_id for notice in _notices(delivery, deps)]
    if len(leadgen_ids) < 2:
        return {}
    try:
        return await deps.meta.leads_by_id(leadgen_ids[:MAX_IDS])
    except (Refused, Unavailable) as failure:  # each is asked for by itself
        log.info("deliveries.not_fetched_together", reason=describe(failure))
        return {}


def _notices(delivery: DueDelivery, deps: Deps) -> list[LeadNotice]:
    """Returns the leads of our pages that a notification names. Raises Unreadable."""
    is_trial = delivery.content_type == trial.CONTENT_TYPE
    if delivery.source != META or delivery.body is None or is_trial:
        return []
    pages = deps.settings.meta.page_ids
    return [
        notice
        for notice in notifications.read(delivery.body)
        if not pages or notice.page_id in pages
    ]


async def process_delivery(delivery: DueDelivery, leads: Leads, deps: Deps) -> None:
    """Processes one delivery, and records what came of it. `leads` are fetched already.

    During an outage it stays as it is. After a bug it is tried again, and fails in the end.
    """
    try:
        await _process(delivery, leads, deps)
    except Unavailable as outage:
        log.warning("delivery.waiting", delivery=delivery.delivery_id, reason=describe(outage))
    except Exception as bug:  # one bad delivery must not stop the others
        log.error("delivery.not_processed", delivery=delivery.delivery_id, exc_info=bug)
        if delivery.attempts >= MAX_ATTEMPTS:
            await _fail(delivery, describe(bug), deps)
        else:
            await _postpone(delivery, describe(bug), deps)


async def _process(delivery: DueDelivery, leads: Leads, deps: Deps) -> None:
    if delivery.body is None:
        await _fail(delivery, "its body is not kept any more", deps)
        return
    try:
        if delivery.content_type == trial.CONTENT_TYPE:
            await _submit(delivery, [trial.read(delivery.source, delivery.body)], deps)
        elif delivery.source == META:
            await _fetch(delivery, leads, deps)
        elif delivery.source in READERS:
            await _submit(delivery, READERS[delivery.source](delivery.body), deps)
        else:
            await _post_again(delivery, delivery.body, deps)
    except Unreadable as unreadable:
        await _fail(delivery, f"it cannot be read: {unreadable.code}", deps)


async def _fetch(delivery: DueDelivery, leads: Leads, deps: Deps) -> None:
    """Fetches the leads that a notification names, or waits until they can be."""
    leadgen_ids = [notice.leadgen_id for notice in _notices(delivery, deps)]
    try:
        forms = [leads.get(name) or await deps.meta.lead(name) for name in leadgen_ids]
    except Gone as gone:
        await _wait_for_platform(delivery, str(gone), deps, gone=True)
    except Unavailable as outage:
        await _wait_for_platform(delivery, str(outage), deps, gone=False)
    else:
        await _submit(delivery, forms, deps)


async def _wait_for_platform(delivery: DueDelivery, reason: str, deps: Deps, *, gone: bool) -> None:
    if is_given_up(delivery.received_at, now(), gone=gone):
        await _fail(delivery, reason, deps)
    elif deps.meta.answers:
        await _postpone(delivery, reason, deps)
    else:  # it is tried again as soon as the platform is
        await deliveries.postpone(deps.database, delivery.delivery_id, reason, seconds=0)


async def _post_again(delivery: DueDelivery, body: bytes, deps: Deps) -> None:
    """Takes a form that its door did not take."""
    post = Post(
        source=delivery.source,
        remote_address="",
        over_limit=delivery.over_limit,
        received_at=delivery.received_at,
        content_type=delivery.content_type,
        body=body,
    )
    try:
        _, received = read_post(post, deps.settings, deps.overrides)
    except Unreachable:
        await _fail(delivery, NO_ADDRESS, deps)
        return
    kept = replace(received.sent, body=None)
    submitted = await submit(replace(received, sent=kept), deps)
    await _finish(delivery, [submitted], deps, repeatable=False)


async def _submit(delivery: DueDelivery, forms: list[Form], deps: Deps) -> None:
    submitted = [
        await submit_form(
            form,
            f"delivery {delivery.delivery_id} {number}",
            deps,
            received_at=sent_at(form, delivery.received_at),
            over_limit=delivery.over_limit,
        )
        for number, form in enumerate(forms)
    ]
    if submitted and all(result.outcome == REFUSED for result in submitted):
        await _fail(delivery, NO_ADDRESS, deps)
        return
    # Google gives each test the same id; Meta would tell us of its test again and again
    repeatable = delivery.source != META and any(form.test for form in forms)
    await _finish(delivery, submitted, deps, repeatable=repeatable)


async def _finish(
    delivery: DueDelivery, submitted: Sequence[Submitted], deps: Deps, *, repeatable: bool
) -> None:
    outcome = summary([result.outcome for result in submitted])
    submission_ids = [result.submission_id for result in submitted if result.submission_id]
    await deliveries.finish(
        deps.database, delivery.delivery_id, outcome, submission_ids, repeatable=repeatable
    )
    log.info(
        "delivery.processed",
        source=delivery.source,
        delivery=delivery.delivery_id,
        outcome=outcome,
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
