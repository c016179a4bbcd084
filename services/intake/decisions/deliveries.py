"""Decides what comes of a delivery. Pure: no clock, no database, no network."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sources.meta.notifications import LeadNotice

FIRST_WAIT = 5.0  # seconds
LONGEST_WAIT = 600.0
# Meta may name a lead before it shows it
SHOWN_WITHIN = timedelta(hours=1)
ASKED_FOR = timedelta(days=30)  # Meta keeps leads for 90
MAX_ATTEMPTS = 5  # after a bug
DISCARDED = "discarded"
NO_LEAD = "nothing"  # it names no person, such as a response that is only begun


def digest_of(body: bytes) -> str:
    """Returns the key by which a repeated request is recognised."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def notification_of(notice: LeadNotice) -> bytes:
    """Returns the notification of one lead, in Meta's words."""
    value = {
        "leadgen_id": notice.leadgen_id,
        "page_id": notice.page_id,
        "form_id": notice.form_id,
        "ad_id": notice.ad_id,
    }
    if notice.created_at is not None:
        value["created_time"] = str(int(notice.created_at.timestamp()))
    changes = [{"field": "leadgen", "value": value}]
    return json.dumps(
        {"object": "page", "entry": [{"id": notice.page_id, "changes": changes}]}
    ).encode()


def seconds_until_retry(attempts: int) -> float:
    """Returns how long a delivery waits after so many attempts."""
    return min(FIRST_WAIT * 2.0 ** min(attempts - 1, 10), LONGEST_WAIT)


def is_given_up(received_at: datetime, now: datetime, *, gone: bool) -> bool:
    """Returns whether its platform is not asked any more for what a delivery names."""
    return now - received_at > (SHOWN_WITHIN if gone else ASKED_FOR)


def summary(outcomes: Sequence[str]) -> str:
    """Returns what came of several submissions: `new`, or `new 2, held 1`."""
    counts = Counter(outcomes)
    if not counts:
        return NO_LEAD
    if len(outcomes) == 1:
        return outcomes[0]
    return ", ".join(f"{outcome} {count}" for outcome, count in counts.items())
