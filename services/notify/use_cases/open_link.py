"""Opens a short link: finds where it leads, and records who seems to have opened it."""

from collections.abc import Mapping

import structlog

from contracts.events.link import LinkOpened, Opener
from kit.errors import Unavailable, describe
from kit.messaging import outbox
from services.notify.decisions.openings import COUNTED_AGAIN, opener_of
from services.notify.deps import Deps
from services.notify.repositories import addresses, links, touches
from services.notify.repositories.links import Link
from services.notify.touches import Touch

log = structlog.get_logger()

WEB = ("https://", "http://")


async def open_link(code: str, method: str, headers: Mapping[str, str], deps: Deps) -> str | None:
    """Returns the page that the link leads to; None where the link has ended. Raises Unavailable.

    The person is led on even where the opening cannot be recorded.
    """
    link = await links.get(deps.database, code)
    if link is None:
        return None
    try:
        touch, card = await touches.get_touch(deps.database, link.touch_id)
    except LookupError:
        return None
    destination = deps.wording.destination(link.target, touch, card)
    if not destination.startswith(WEB):  # a calendar may name anything as a meeting's address
        return None
    opener = opener_of(method, headers, age=deps.now() - link.created_at)
    try:
        await _record(link, touch, opener, deps)
    except Unavailable as outage:
        log.warning("link.not_recorded", touch_id=str(link.touch_id), reason=describe(outage))
    return destination


async def _record(link: Link, touch: Touch, opener: Opener, deps: Deps) -> None:
    note = links.note_opened if opener is Opener.PERSON else links.note_scanned
    async with deps.database.transaction() as connection:
        if not await note(connection, link.code, again_after=COUNTED_AGAIN):
            return
        event = LinkOpened(
            at=deps.now(),
            lead_id=link.lead_id,
            touch_id=link.touch_id,
            step=touch.step,
            channel=touch.channel,
            target=link.target,
            opener=opener,
        )
        await outbox.add(connection, [event])
    if opener is Opener.PERSON and touch.address is not None:
        await addresses.mark_alive(deps.database, touch.address)
    log.info("link.opened", lead_id=link.lead_id, channel=touch.channel, opener=opener)
