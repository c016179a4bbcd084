"""What crm does by the clock."""

from collections.abc import Sequence

import structlog

from kit.periodic import Tick
from services.crm.calcom_sync import work_off
from services.crm.deps import Deps

log = structlog.get_logger()


def ticks(deps: Deps) -> Sequence[Tick]:
    async def work_off_webhooks() -> None:
        for webhook in await deps.bookings.waiting():
            await work_off(webhook, deps.bookings)

    async def match_bookings() -> None:
        for lead_id in await deps.bookings.match_again():
            log.info("booking.matched", lead_id=lead_id)

    polling = [Tick("poll_calcom", 1, deps.polling)] if deps.polling is not None else []
    return (
        Tick("tell_kommo", 1, deps.telling),
        Tick("work_off_webhooks", 1, work_off_webhooks),
        Tick("match_bookings", 1, match_bookings),
        *polling,
        Tick("forget_old_events", 3600, deps.registrations.forget_old_events),
        Tick("forget_old_webhooks", 3600, deps.bookings.forget_old),
    )
