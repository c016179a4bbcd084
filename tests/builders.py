"""Valid examples, to be changed where a test cares."""

from typing import Any

from contracts.lead import LeadCard, LeadCreated
from contracts.touch import Channel
from services.notify.touches import WELCOME, Touch


def a_card(**changes: Any) -> LeadCard:
    card = LeadCard(
        name="Ana Torres",
        email="ana@example.com",
        phone="+528112345678",
        company="Demo SA",
        service="Consultoría IA",
        source="Landing 1",
    )
    return card.model_copy(update=changes)


def a_lead_created(**changes: Any) -> LeadCreated:
    return LeadCreated(lead_id=changes.pop("lead_id", 123456), card=a_card(**changes))


def a_touch(channel: Channel = Channel.CALL, *, lead_id: int = 123456, **changes: Any) -> Touch:
    return Touch.planned(
        lead_id, WELCOME, channel, "call_unanswered" if channel.value != "email" else WELCOME, a_card(**changes)
    )
