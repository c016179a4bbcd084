"""The periodic jobs of notify. Each takes the touches that are due and calls one use case."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from kit.errors import Unavailable
from kit.messaging import inbox
from kit.periodic import PeriodicJob
from services.notify.deps import Deps
from services.notify.repositories import addresses, callbacks, recent_stops, unmatched_bookings
from services.notify.repositories.checks import DueCheck
from services.notify.touches import State
from services.notify.use_cases.check_key import check_key
from services.notify.use_cases.check_receipt import check_receipt
from services.notify.use_cases.escalate import escalate
from services.notify.use_cases.expire_leases import expire_leases
from services.notify.use_cases.read_prices import read_prices
from services.notify.use_cases.reconcile import reconcile
from services.notify.use_cases.resume_held import resume_held
from services.notify.use_cases.take_due import take_due

log = structlog.get_logger()

MAX_CHECKS = 20  # that may fail by a bug, one a minute

Check = Callable[[DueCheck, Deps], Awaitable[None]]


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    """Returns the jobs with their intervals in seconds."""

    def each_due(state: State, check: Check) -> Callable[[], Awaitable[bool]]:
        return partial(check_due, state, check, deps)

    return (
        PeriodicJob("expire_leases", 1, partial(expire_leases, deps)),
        PeriodicJob("resume_held", 0.5, each_due(State.PLANNED, resume_held)),
        PeriodicJob("settle_uncertain", 0.5, each_due(State.UNCERTAIN, reconcile)),
        PeriodicJob("ask_for_receipts", 5, each_due(State.SENT, check_receipt)),
        PeriodicJob("check_keys", 5, each_due(State.ANSWERED, check_key)),
        PeriodicJob("count_spending", 1, deps.budget.count),
        PeriodicJob("read_prices", 60, partial(read_prices, deps)),
        PeriodicJob("count_prices", 600, deps.budget.count_prices),
        PeriodicJob("count_sources", 60, deps.budget.count_sources),
        PeriodicJob("forget_old_callbacks", 3600, partial(callbacks.forget_old, deps.database)),
        PeriodicJob(
            "forget_old_bounces", 3600, partial(addresses.forget_old_bounces, deps.database)
        ),
        PeriodicJob(
            "forget_old_bookings", 3600, partial(unmatched_bookings.forget_old, deps.database)
        ),
        PeriodicJob("forget_old_stops", 3600, partial(recent_stops.forget_old, deps.database)),
        PeriodicJob("forget_old_messages", 3600, partial(inbox.forget_old, deps.database)),
    )


async def check_due(state: State, check: Check, deps: Deps) -> bool:
    """Checks the due touches of `state`. Returns whether there were any. Raises Unavailable."""
    due = await take_due(state, deps)
    await each_by_itself(due, state, check, deps)
    return bool(due)


async def each_by_itself(due: Sequence[DueCheck], state: State, check: Check, deps: Deps) -> None:
    """Checks each due touch. A bug with one touch does not stop the others. Raises Unavailable."""
    for due_check in due:
        try:
            await check(due_check, deps)
        except Unavailable:
            raise
        except Exception as bug:
            touch = due_check.touch
            log.error(
                "touch.check_failed",
                touch_id=str(touch.touch_id),
                channel=touch.channel,
                check_count=due_check.check_count,
                exc_info=bug,
            )
            if due_check.check_count >= MAX_CHECKS:
                await escalate(due_check, state, deps)
