"""Makes the short links of a touch: the same ones however often it is attempted."""

from contracts.events.lead import LeadCard
from services.notify.deps import Deps
from services.notify.repositories import links
from services.notify.short_links import Target, new_code, short_link
from services.notify.touches import Touch


async def short_links(touch: Touch, card: LeadCard, deps: Deps) -> dict[Target, str]:
    """Returns the short links that the touch's text needs. Raises Unavailable."""
    new_codes = {target: new_code() for target in deps.wording.linked(touch, card)}
    if not new_codes:
        return {}
    codes = await links.ensure(deps.database, touch.touch_id, touch.lead_id, new_codes)
    return {target: short_link(deps.settings.public_url, code) for target, code in codes.items()}
