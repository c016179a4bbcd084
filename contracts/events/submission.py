"""What came in by a door, before it is a lead."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from contracts.events.base import Event
from contracts.events.touch import Channel


class HoldReason(StrEnum):
    """Why a submission is held until an operator decides."""

    HONEYPOT = "honeypot"  # a field that no person sees is filled in
    LINK_IN_NAME = "link_in_name"  # a web address or markup where a name is asked for
    DISPOSABLE_EMAIL = "disposable_email"
    MANY_NAMES = "many_names"  # from one network address, in a short time
    OVER_LIMIT = "over_limit"
    TEST = "test"  # the platform's own test lead


class SubmissionHeld(Event):
    """intake: a submission waits for an operator. `lead_id` is the id that it was answered with."""

    topic: Literal["submission.held"] = "submission.held"
    source: str
    reason: HoldReason
    received_at: AwareDatetime


class SubmissionAccepted(Event):
    """intake: an operator let a held submission go its way."""

    topic: Literal["submission.accepted"] = "submission.accepted"
    by: str


class SubmissionDiscarded(Event):
    """intake: an operator left a held submission uncontacted."""

    topic: Literal["submission.discarded"] = "submission.discarded"
    by: str


class DeliveryReplayed(Event):
    """intake: a stored webhook of `source` was processed again."""

    topic: Literal["delivery.replayed"] = "delivery.replayed"
    source: str
    delivery_id: int
    by: str


class SourceChange(StrEnum):
    """What an operator did to a source."""

    ADDED = "added"
    KEY_ROTATED = "key_rotated"
    KEY_REVOKED = "key_revoked"


class SourceChanged(Event):
    """intake: an operator added a source, or made or revoked a key of it. `lead_id` is 0."""

    topic: Literal["source.changed"] = "source.changed"
    source: str
    change: SourceChange
    by: str


class InquiryReceived(Event):
    """notify: somebody whom no lead matches wrote first. intake makes the lead.

    `message_id` is the provider's, the same however often the message comes. `attribution` names
    the ad that they tapped; `text` may be empty.
    """

    topic: Literal["inquiry.received"] = "inquiry.received"
    channel: Channel
    message_id: str
    phone: str
    name: str = ""
    text: str = ""
    attribution: dict[str, str] = {}  # noqa: RUF012
    received_at: AwareDatetime
