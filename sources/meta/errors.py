"""What an error code of Meta's Graph API means.

https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from enum import StrEnum

from kit.errors import Refused


class Fault(StrEnum):
    """Why Meta did not answer a request."""

    CREDENTIALS = "credentials"  # expired or revoked: somebody must make another token
    REFUSED = "refused"  # a permission is missing: somebody must grant it
    THROTTLED = "throttled"
    GONE = "gone"  # deleted, or not visible to our token
    TRANSIENT = "transient"


class Gone(Refused):
    """Meta has no such lead, form or page, or does not show it to our token."""


_FAULTS = {
    Fault.CREDENTIALS: {102, 190, 463, 467},
    Fault.REFUSED: {3, 10, *range(200, 300)},
    Fault.THROTTLED: {4, 17, 32, 341, 613, 80001, 80004, 80005},
    Fault.GONE: {33, 100, 803},
}


def fault_of(code: int, *, transient: bool = False) -> Fault:
    """Returns the meaning of an error code. One that we do not know may pass."""
    if transient and code not in _FAULTS[Fault.CREDENTIALS]:
        return Fault.THROTTLED if code in _FAULTS[Fault.THROTTLED] else Fault.TRANSIENT
    return next((fault for fault, codes in _FAULTS.items() if code in codes), Fault.TRANSIENT)
