"""What crm does by the clock."""

from collections.abc import Sequence

import structlog

from kit.periodic import PeriodicJob
from services.crm.calcom_sync import work_off
from services.crm.deps import Deps

log = structlog.get_logger()


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    async def work_off_webhooks() -> None:
        for webhook in await deps.bookings.waiting():
            await work_off(webhook, deps.bookings)

    async def match_bookings() -> None:
        for lead_id in await deps.bookings.match_again():
            log.info("booking.matched", lead_id=lead_id)

    polling = [PeriodicJob("poll_calcom", 1, deps.polling)] if deps.polling is not None else []
    return (
        PeriodicJob("tell_kommo", 1, deps.telling),
        PeriodicJob("work_off_webhooks", 1, work_off_webhooks),
        PeriodicJob("match_bookings", 1, match_bookings),
        *polling,
        PeriodicJob("forget_old_events", 3600, deps.registrations.forget_old_events),
        PeriodicJob("forget_old_webhooks", 3600, deps.bookings.forget_old),
    )
