"""Which channel comes next when one did not reach the person."""

from contracts.lead import LeadCard
from contracts.touch import Channel, FailureKind
from services.notify.touches import BOOKING_LINK, WELCOME, Touch

NEXT = {Channel.CALL: Channel.WHATSAPP, Channel.WHATSAPP: Channel.SMS}
TEXTS = {WELCOME: "call_unanswered", BOOKING_LINK: "booking_link"}
HOPELESS = {FailureKind.BAD_ADDRESS, FailureKind.OPTED_OUT}


def after_unanswered(lead_id: int, step: str, card: LeadCard) -> Touch:
    """Nobody heard the call: a WhatsApp says that we tried."""
    return Touch.planned(lead_id, step, Channel.WHATSAPP, TEXTS[step], card)


def after_failure(lead_id: int, step: str, channel: Channel, kind: FailureKind, card: LeadCard) -> Touch | None:
    """The next channel, unless the address itself is bad or the person has blocked us."""
    following = NEXT.get(channel)
    if following is None or kind in HOPELESS:
        return None
    return Touch.planned(lead_id, step, following, TEXTS[step], card)


def after_link_request(lead_id: int, card: LeadCard) -> Touch:
    """The person pressed 1: the booking link goes by WhatsApp."""
    return Touch.planned(lead_id, BOOKING_LINK, Channel.WHATSAPP, BOOKING_LINK, card)
