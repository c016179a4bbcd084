"""Values of Twilio's API. Pure: decisions may import them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallEvent:
    """A request that Twilio sent us for a call. `status` is our answer's, None without one."""

    url: str
    digits: str
    status: int | None
