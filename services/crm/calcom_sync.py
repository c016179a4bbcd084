"""What the calendar says, worked off: each stored webhook once, and what no webhook update."""

import json
from datetime import timedelta

import structlog

from kit.clock import now
from kit.errors import Unavailable, describe
from providers.calcom.client import CalcomClient
from providers.calcom.models import BookingUpdate
from providers.calcom.webhooks import read_webhook
from services.crm.repositories.bookings import Bookings, Webhook

log = structlog.get_logger()

OVERLAP = timedelta(minutes=10)  # what was being written while we last asked


async def work_off(webhook: Webhook, bookings: Bookings) -> int | None:
    """Lets a stored webhook take effect; the lead it is about. A bug leaves it stored, to be tried again and seen."""
    try:
        update = read_webhook(json.loads(webhook.body), webhook.received_at)
        lead_id = await bookings.apply(
            update if isinstance(update, BookingUpdate) else None, webhook_id=webhook.webhook_id
        )
    except Unavailable as outage:
        log.warning("webhook.waiting", webhook=webhook.webhook_id, reason=describe(outage))
        return None
    except Exception as bug:
        state = await bookings.set_aside(webhook.webhook_id, describe(bug))
        log.error("webhook.not_understood", webhook=webhook.webhook_id, state=state, exc_info=bug)
        return None
    log.info("booking.heard", lead_id=lead_id, webhook=webhook.webhook_id)
    return lead_id


class Poll:
    """Reads the calendar's own list, since it does not repeat a webhook that was lost. For one replica at a time."""

    def __init__(self, calcom: CalcomClient, bookings: Bookings) -> None:
        self._calcom, self._bookings = calcom, bookings

    async def __call__(self) -> None:
        began = now()
        since = await self._bookings.polled_until()
        for update in await self._calcom.bookings_updated_since(since - OVERLAP):
            try:
                await self._bookings.apply(update)
            except Unavailable:
                raise
            except (
                Exception
            ) as bug:  # one booking that cannot be understood must not hide the others
                log.error("booking.not_understood", exc_info=bug)
                await self._bookings.failed(update.uid, describe(bug))
        await self._bookings.polled(began)
