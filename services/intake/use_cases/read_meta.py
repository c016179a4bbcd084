"""Finds the leads that no notification told us of, and keeps the pages' notifications coming."""

from datetime import datetime, timedelta

import structlog

from kit.clock import now
from kit.errors import Refused, Unavailable
from services.intake.decisions.deliveries import notification_of
from services.intake.deps import Deps
from services.intake.platforms import META
from services.intake.repositories import deliveries, source_state
from sources.meta.notifications import LeadNotice

log = structlog.get_logger()

BACKFILL = "backfill_meta"
CHECK = "check_meta"
EVERY_DAY = timedelta(days=1)
SOON = timedelta(minutes=5)  # after a failure
OVERLAP = timedelta(hours=1)  # Meta may show a lead later than it dates it


async def backfill_meta(deps: Deps) -> None:
    """Reads the leads of every form since the last time. Those that are known have no effect."""
    meta = deps.settings.meta
    every = timedelta(seconds=meta.backfill_seconds)
    if not await source_state.take_turn(deps.database, BACKFILL, every):
        return
    for page_id in meta.page_ids:
        try:
            await _read_page(page_id, deps)
        except Refused as refused:
            log.warning("meta.page_not_read", page=page_id, reason=str(refused))
        except Unavailable:
            await source_state.take_turn_soon(deps.database, BACKFILL, min(SOON, every))
            raise


async def _read_page(page_id: str, deps: Deps) -> None:
    # leads from before the page was connected are not ours to contact
    connected_at = await source_state.begin_reading(deps.database, META, page_id, now())
    for form_id in await deps.meta.forms(page_id):
        began = now()
        read_until = await source_state.read_until(deps.database, META, form_id)
        since = max(connected_at, read_until - OVERLAP) if read_until else connected_at
        found = await _read_form(page_id, form_id, since, deps)
        await source_state.set_read(deps.database, META, form_id, began)
        if found:
            log.info("meta.leads_found", form=form_id, leads=found)
            deps.deliveries_due.set()


async def _read_form(page_id: str, form_id: str, since: datetime, deps: Deps) -> int:
    """Stores the form's leads as Meta would have announced them. Returns how many were new."""
    notices = [
        LeadNotice(
            leadgen_id=lead.external_id,
            page_id=page_id,
            form_id=form_id,
            ad_id=lead.attribution.get("ad_id", ""),
            created_at=lead.submitted_at,
        )
        for lead in await deps.meta.leads(form_id, since)
        if lead.external_id
    ]
    bodies = [(notice.leadgen_id, notification_of(notice)) for notice in notices]
    return await deliveries.store(deps.database, META, "application/json", bodies)


async def check_meta(deps: Deps) -> None:
    """Checks the token, and that each page announces its leads to us; if not, asks it to.

    Checks again soon while anything is wrong, so that what was mended is not shown as wrong.
    """
    if not await source_state.take_turn(deps.database, CHECK, EVERY_DAY):
        return
    meta = deps.settings.meta
    well = False
    try:
        problems = {"token": await deps.meta.check(now())}
        problems |= {page_id: await _subscribed(page_id, deps) for page_id in meta.page_ids}
        for about, problem in problems.items():
            await _set_problem(about, problem, deps)
        well = not any(problems.values())
    finally:
        if not well:
            soon = min(SOON, timedelta(seconds=meta.backfill_seconds))
            await source_state.take_turn_soon(deps.database, CHECK, soon)


async def _subscribed(page_id: str, deps: Deps) -> str:
    """Has the page announce its leads. Returns why it does not; empty where it does."""
    try:
        if not await deps.meta.subscription(page_id):
            await deps.meta.subscribe(page_id)
            log.info("meta.subscribed", page=page_id)
    except Refused as refused:
        return f"page {page_id} does not announce its leads: {refused}"
    return ""


async def _set_problem(about: str, problem: str, deps: Deps) -> None:
    if problem:
        log.warning("meta.problem", about=about, reason=problem)
        await source_state.set_problem(deps.database, META, about, problem)
    else:
        await source_state.clear_problem(deps.database, META, about)
