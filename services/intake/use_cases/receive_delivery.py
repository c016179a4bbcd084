"""Receives a platform's request: proves it, stores it, and has it processed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from services.intake.decisions.deliveries import digest_of, notification_of
from services.intake.deps import Deps
from services.intake.platforms import GOOGLE, META, PROOFS
from services.intake.repositories import deliveries
from sources import google
from sources.meta import notifications
from sources.model import Forged, Unreadable

log = structlog.get_logger()

KEPT_REFUSED = 100  # of each source
KEPT_REFUSED_BYTES = 64 * 1024


async def receive_delivery(
    source: str, headers: Mapping[str, str], body: bytes, deps: Deps, *, now: datetime
) -> None:
    """Returns once the request is stored.

    What is above the source's limit is stored like any other, and will be held. Raises Forged for
    one without the platform's proof, of which only the newest are kept.
    """
    content_type = headers.get("content-type", "")[:200]
    secrets = deps.settings.secrets_of(source)
    try:
        PROOFS[source](secrets, headers, body, now=now)
    except Forged:
        deps.deliveries.labels(source, "refused").inc()
        if secrets:
            await deliveries.store_refused(
                deps.database,
                source,
                "the proof of origin is missing or wrong",
                content_type,
                _storable(source, body)[:KEPT_REFUSED_BYTES],
                kept=KEPT_REFUSED,
            )
        raise
    stored = _storable(source, body)
    within = await deps.limiter.hit(deps.limits.source, source)
    new = await deliveries.store(
        deps.database, source, content_type, _parts(source, stored), over_limit=not within
    )
    deps.deliveries.labels(source, "received" if new else "repeated").inc()
    log.info("delivery.received", source=source, new=new)
    deps.deliveries_due.set()


def _storable(source: str, body: bytes) -> bytes:
    """Returns the body without what only proves its origin."""
    return google.without_key(body) if source == GOOGLE else body


def _parts(source: str, body: bytes) -> Sequence[tuple[str, bytes]]:
    """Returns each part that is processed by itself, with its dedupe key.

    Meta names up to a thousand leads in one request, each of which must be fetched.
    """
    if source == META:
        try:
            notices = notifications.read(body)
        except Unreadable:
            notices = []
        if len(notices) == 1:
            return [(notices[0].leadgen_id, body)]
        if notices:
            return [(notice.leadgen_id, notification_of(notice)) for notice in notices]
    return [(digest_of(body), body)]
