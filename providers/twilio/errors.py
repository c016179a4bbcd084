"""Twilio's error codes, as far as they decide what happens next.

Twilio splits and refines its codes without notice, so this is data with defaults, not a list to rely on.
Source: Twilio's error dictionary and its WhatsApp and voice pages.
"""

from contracts.events.touch import FailureKind

_UNREACHABLE = {
    21614,  # a landline: no text message
    *(63003, 63024, 63015, 63016, 63032, 63033, 63049),  # WhatsApp cannot reach this person now
    *(
        63009,
        63010,
        63012,
        63018,
        63017,
        63038,
        14107,
    ),  # the channel failed; the other one need not
    *(30003, 30004, 30005, 30006, 30007, 30008, 30001, 30410, 30022, 30450),  # carriers' receipts
    *(21216, 13225),  # destination blocked for voice
}
_MISCONFIGURED = {
    *(63001, 63007, 63008, 63013, 63020, 63021, 63027, 63028, 63030, 63040, 63041, 63042, 63051),
    *(
        21210,
        21212,
        21215,
        13227,
        21219,
        21205,
        21220,
        21408,
        21606,
        21608,
        21609,
        21612,
        21659,
        21660,
        21661,
        21703,
    ),
    *(21602, 21603, 21617, 21655, 21656, 21910),
}
_BAD_ADDRESS = {21211, 21217, 13223, 13224, 21604, 21268}
_OPTED_OUT = {21610, 63014}

# Our account, key or plan: every touch fails alike until somebody mends it, so the message waits instead.
ACCOUNT_ERRORS = {20003, 10001, 30002, 20005}
NOT_NOW = {20429, 10004, 21611}


def kind_of(code: int | None) -> FailureKind:
    """What a refusal or a receipt with this code means; an unknown code means that this channel did not do it."""
    if code in _OPTED_OUT:
        return FailureKind.OPTED_OUT
    if code in _BAD_ADDRESS:
        return FailureKind.BAD_ADDRESS
    if code in _MISCONFIGURED:
        return FailureKind.MISCONFIGURED
    return FailureKind.UNREACHABLE
