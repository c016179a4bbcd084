"""Makes touches uncertain whose worker vanished while sending."""

import structlog

from contracts.events.touch import TouchUncertain
from kit.messaging import outbox
from services.notify.deps import Deps
from services.notify.repositories import touches

log = structlog.get_logger()

LEASE_EXPIRED = "lease expired"
HOLDERS_FIRST_SECONDS = 3.0


async def expire_leases(deps: Deps) -> None:
    """Writes this process's own settlements first, because they are certain; then expires leases.

    After an outage of the database nothing expires for three seconds, because the holders of
    claims write their settlements as soon as it answers.
    """
    await deps.touches.write_unwritten()
    if not deps.database.steady(HOLDERS_FIRST_SECONDS):
        return
    async with deps.database.transaction() as connection:
        expired = await touches.expire_leases(
            connection, LEASE_EXPIRED, check_in=deps.settings.checks[0]
        )
        events = [TouchUncertain(**touch.about(), reason=LEASE_EXPIRED) for touch in expired]
        await outbox.add(connection, events)
    if expired:
        log.warning("touches.uncertain", count=len(expired), reason=LEASE_EXPIRED)
