"""Decides how a receipt moves a touch: forward only, in any order, however often it comes."""

import re
from datetime import datetime
from uuid import UUID

from contracts.events.base import Event
from contracts.events.call import CallAnswered, CallUnanswered, Unanswered
from contracts.events.touch import Channel, TouchDelivered, TouchFailed, TouchSent
from domain.receipts import (
    Accepted,
    Answered,
    Arrived,
    Ended,
    Outcome,
    Undeliverable,
    Unheard,
    Verdict,
)
from providers.twilio.models import Detection
from services.notify.touches import OPEN, State

RECEIPT_GIVEN_UP_SECONDS = 86_400.0
WORDS_PER_SECOND = 2.5  # of a voice that reads
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_INVITES = re.compile(r"\b(?:invit|reuni[oó]n|cita\b|agendar|meeting|appointment)", re.IGNORECASE)


def next_receipt_check(age_seconds: float, *, first: float) -> float | None:
    """Returns the seconds until the provider is asked again; None after a day.

    The waits double, beginning with `first`.
    """
    wait = max(age_seconds, first)
    return wait if age_seconds + wait < RECEIPT_GIVEN_UP_SECONDS else None


def invitation_seconds(text: str) -> float:
    """Returns the seconds that a voice needs to the end of the sentence that invites.

    That is the whole text where no sentence is known to. A recording, of which only the address is
    known, is a word.
    """
    words = 0
    for sentence in _SENTENCE_END.split(text):
        words += len(sentence.split())
        if _INVITES.search(sentence):
            break
    return words / WORDS_PER_SECOND


def outcome_of_call(
    ended: Ended,
    verdict: Verdict,
    *,
    detection: Detection,
    listened_seconds: float,
    asked: bool = False,
) -> Outcome | None:
    """Returns whether a call that was picked up counts as answered; None where Twilio must say.

    That is so with ASYNC, whose verdict may come after the call's end or not at all, until Twilio
    was `asked`.

    Who hears less of the text than `listened_seconds` has not heard the invitation: a hand in a
    pocket, or a phone that asks callers for their name. With SYNC the text begins after machine
    detection, and who hangs up before its verdict heard nothing. With ASYNC it begins at once, and
    a call without a verdict may have been a machine's with a long greeting.
    """
    by_person = ended.by_person if ended.by_person is not None else verdict.by_person
    if by_person is None and detection is Detection.SYNC:
        return Unheard(ended.ref, Unanswered.HUNG_UP)
    if ended.seconds is not None:
        silence = verdict.seconds if detection is Detection.SYNC else 0.0
        listened = max(ended.seconds - silence, 0.0)
        if listened < listened_seconds:
            return Unheard(ended.ref, Unanswered.HUNG_UP, int(listened))
    if by_person is None:
        if detection is Detection.ASYNC and not asked:
            return None
        by_person = detection is Detection.OFF
    return Answered(ended.ref) if by_person else Unheard(ended.ref, Unanswered.UNSURE)


def advance(state: State, receipt: Outcome) -> State | None:
    """Returns the touch's next state; None where the receipt brings nothing new."""
    if state not in OPEN:
        return None
    match receipt:
        case Accepted():
            return State.SENT if state is not State.SENT else None
        case Arrived():
            return State.DELIVERED
        case Undeliverable():
            return State.FAILED
        case Answered():
            return State.ANSWERED
        case Unheard():
            return State.UNANSWERED


def events_for(
    receipt: Outcome,
    before: State,
    *,
    touch_id: UUID,
    lead_id: int,
    step: str,
    channel: Channel,
    run: int = 0,
    asked_at: datetime | None = None,
) -> list[Event]:
    """Returns the events of a step forward.

    The first is TouchSent, where it was not published yet; then comes the outcome.
    """
    events: list[Event] = []
    if before is not State.SENT:
        events.append(
            TouchSent(
                lead_id=lead_id,
                touch_id=touch_id,
                step=step,
                channel=channel,
                run=run,
                provider_ref=receipt.ref or None,
                asked_at=asked_at,
            )
        )
    match receipt:
        case Accepted():
            pass
        case Arrived():
            events.append(
                TouchDelivered(
                    lead_id=lead_id, touch_id=touch_id, step=step, channel=channel, run=run
                )
            )
        case Undeliverable(_, kind, reason):
            events.append(
                TouchFailed(
                    lead_id=lead_id,
                    touch_id=touch_id,
                    step=step,
                    channel=channel,
                    run=run,
                    kind=kind,
                    reason=reason,
                )
            )
        case Answered():
            events.append(CallAnswered(lead_id=lead_id, touch_id=touch_id, step=step))
        case Unheard(_, why, seconds):
            events.append(
                CallUnanswered(
                    lead_id=lead_id,
                    touch_id=touch_id,
                    step=step,
                    reason=why,
                    listened_seconds=seconds,
                )
            )
    return events
