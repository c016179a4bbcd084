"""Records an event of Brevo: a stop, a click, a receipt."""

import hashlib
from uuid import UUID

import structlog

from contracts.events.touch import Channel
from providers.brevo.webhooks import MailEvent
from services.notify.deps import Deps
from services.notify.repositories import addresses, touches
from services.notify.use_cases.opt_out import opt_out_once
from services.notify.use_cases.record_receipt import record_callback

log = structlog.get_logger()


async def record_mail_event(event: MailEvent, deps: Deps) -> None:
    """Records the event. A repeat has no effect. Raises Unavailable."""
    key = f"mail/{hashlib.sha256(event.identity.encode()).hexdigest()}"
    body = {"event": event.identity}
    if event.opted_out and event.email:
        stopped = await opt_out_once(
            f"{key}/out", event.email, Channel.EMAIL, event.opted_out, body, deps.database
        )
        log.info(
            "address.opted_out",
            channel=Channel.EMAIL,
            reason=event.opted_out,
            stopped_leads=list(stopped.lead_ids),
            address_stopped=stopped.is_new,
        )
    if event.clicked and event.email:
        await addresses.mark_alive(deps.database, event.email)
    touch_id = _uuid(event.key) or await touches.find_by_ref(deps.database, event.ref)
    if touch_id is not None:
        await record_callback(key, touch_id, event.receipt, body, deps)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
