"""Answers a call that somebody, or something, picked up, and stores the text that is read out."""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from contracts.events.lead import LeadCard
from domain.receipts import Receipt
from kit.errors import Unavailable
from providers.twilio.twiml import Speech
from services.notify.decisions.first_contact import just_arrived
from services.notify.deps import Deps
from services.notify.repositories import leads, texts, touches
from services.notify.speech import speech_for
from services.notify.use_cases.record_receipt import record_callback

log = structlog.get_logger()

WELCOME = "welcome"


async def answer_call(
    key: str,
    touch_id: UUID,
    lead_id: int,
    receipt: Receipt | None,
    body: dict[str, Any],
    deps: Deps,
) -> Speech:
    """Returns the text for the call. There is one even when nothing can be read or stored.

    `receipt` is the verdict of machine detection.
    """
    speech = _speech(receipt, WELCOME, lead_id, LeadCard(name=""), None, deps)
    try:
        touch, card = await touches.get_touch(deps.database, touch_id)
        arrived_at = await leads.form_arrived_at(deps.database, touch.submission_id)
        speech = _speech(receipt, touch.template, lead_id, card, arrived_at, deps)
        await record_callback(key, touch_id, receipt, body, deps)
        await texts.store(deps.database, touch_id, speech.transcript)
    except (Unavailable, LookupError) as outage:  # the call's last callback repeats the verdict
        log.warning("webhook.not_stored", path="voice", reason=str(outage))
    return speech


def _speech(
    receipt: Receipt | None,
    template: str,
    lead_id: int,
    card: LeadCard,
    arrived_at: datetime | None,
    deps: Deps,
) -> Speech:
    is_fresh = arrived_at is not None and just_arrived(arrived_at, deps.now())
    facts = deps.wording.facts(lead_id, card) | {"just_now": "yes" if is_fresh else ""}
    templates = deps.wording.templates_for(None)
    return speech_for(receipt, template, facts, settings=deps.settings, templates=templates)
