"""Reads what Twilio charges: minutes that have begun, and prices as they leave the balance.

https://www.twilio.com/docs/voice/api/call-resource
"""

import math


def minutes_of(seconds: str | None) -> int | None:
    """Returns the minutes that Twilio charges for a call: each that has begun."""
    return math.ceil(int(seconds) / 60) if seconds else None


def segments_in(written: str | None) -> int | None:
    """Returns the segments of a message. A Messaging Service writes 0 before it has sent it."""
    return int(written or 0) or None


def price_in(written: str | None) -> float | None:
    """Returns a price, which Twilio writes as what it takes from the balance: `-0.0425`."""
    return abs(float(written)) if written else None
