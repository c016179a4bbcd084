"""Values of Twilio's API. Pure: decisions may import them."""

from dataclasses import dataclass
from enum import StrEnum


class Detection(StrEnum):
    """When machine detection listens to who picked up: before our text, beside it, or never.

    https://www.twilio.com/docs/voice/answering-machine-detection
    """

    SYNC = "sync"
    ASYNC = "async"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Bill:
    """What Twilio charges for a call or a message, in the currency of the account.

    `units` are the minutes of a call or the segments of an SMS, None where Twilio has not counted
    them. `price` is None until it is settled, which may take a day.
    """

    units: int | None
    price: float | None


@dataclass(frozen=True, slots=True)
class CallInput:
    """What somebody entered during the call `ref`: a key, or words; both empty for nothing."""

    ref: str
    key: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class CallEvent:
    """A request that Twilio sent us for a call. `status` is our answer's, None without one.

    `digits` and `words` are what somebody entered before it.
    """

    url: str
    digits: str
    status: int | None
    words: str = ""
