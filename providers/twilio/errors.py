"""Twilio's error codes, as far as they decide the next step.

Twilio splits and refines its codes without notice, so this is data with defaults, not a list to
rely on. Sources: its error dictionary, https://www.twilio.com/docs/api/errors, where every code has
a page such as https://www.twilio.com/docs/errors/21211, and its WhatsApp and voice pages.
"""

from contracts.events.touch import FailureKind

_UNREACHABLE = {
    21614,  # a landline: no text message
    # WhatsApp cannot reach this person now
    63003,  # not on WhatsApp
    63015,  # the sandbox, which this person has not joined
    63016,  # no message from the person in the last 24 hours, and no template
    63024,  # not on WhatsApp, or its terms are not accepted
    63032,  # restricted by Meta, or in one of its experiments
    63033,  # blocked (deprecated)
    63049,  # Meta withheld a marketing message
    # the channel failed, and the other one need not
    14107,  # message rate
    63009,  # an error of the channel's provider
    63010,  # an error of the channel's provider
    63012,  # an error of the channel's provider
    63017,  # WhatsApp's rate limit
    63018,  # WhatsApp's rate limit
    63023,  # an error of the channel
    63029,  # the phone failed to download the template
    # carriers' receipts
    30001,  # the queue is full
    30003,  # the handset is off or out of coverage
    30004,  # blocked by the person or the carrier
    30005,  # unknown or inactive
    30006,  # a landline, or an unreachable carrier
    30007,  # filtered as spam
    30008,  # unknown
    30017,  # the carrier's network is congested
    30022,  # rate limit
    30036,  # it waited too long in the queue
    30410,  # the carrier did not answer in time
    30450,  # blocked for 15 to 30 minutes
    # the destination is blocked for voice
    13225,
    21216,
}
_MISCONFIGURED = {
    # WhatsApp: the sender or the template
    63001,  # the channel rejects the credentials
    63005,  # the channel does not accept this content
    63006,  # this content cannot be written for the channel
    63007,  # no channel for the sender
    63008,  # the channel's module is not configured
    63013,  # against a policy
    63020,  # Meta's business account or its billing
    63021,  # invalid content
    63022,  # the sender's certificate is invalid
    63027,  # no such template in this language
    63028,  # the number of variables does not match the template
    63030,  # unsupported parameters
    63031,  # our own sender
    63038,  # the account's daily limit
    63040,  # the template was rejected
    63041,  # the template is paused
    63042,  # the template is disabled
    63051,  # the WhatsApp account is locked or restricted
    63112,  # Meta has disabled the sender's business account
    # the sender's registration, and the limits of the account
    30010,  # the price exceeds the one we allow
    30023,  # the campaign's daily limit in the USA
    30024,  # the sender is not known to this carrier
    30027,  # the brand's daily limit with a carrier in the USA
    30032,  # the toll-free number is not verified
    30033,  # the campaign is suspended in the USA
    30034,  # the number is not registered in the USA
    30035,  # the number's registration in the USA is pending
    30037,  # messaging is disabled for the account
    30040,  # the sender is not registered with this carrier
    30041,  # the sender is not registered in the United Kingdom
    30043,  # a sender of this country is needed
    30044,  # too long for a trial account
    30454,  # the account's limit of messages
    # the sender, the countries that the account may reach, or the callback's address
    13227,  # country not enabled for calls
    21205,  # invalid URL
    21210,  # sender not verified
    21212,  # invalid sender
    21215,  # country not enabled for calls
    21219,  # a trial account, and a recipient that it has not verified
    21220,  # the call cannot be changed any more
    21408,  # country not enabled for SMS
    21601,  # the sender takes no messages
    21606,  # the sender cannot be used
    21608,  # a trial account, and a recipient that it has not verified
    21609,  # invalid callback
    21612,  # the sender cannot be used
    21659,  # the sender cannot be used
    21660,  # the sender cannot be used
    21661,  # the sender cannot be used
    572005,  # a trial account, and a recipient that is not verified yet: a message
    573005,  # the same: a call
    # the Messaging Service
    21701,  # it does not exist
    21702,  # it sends nothing
    21703,  # it has no sender for this channel
    21704,  # it has no number
    21705,  # no Messaging Service
    21709,  # its name as a sender is not authorized
    21711,  # the sender is not its own
    21712,  # the sender is another service's
    # the account, or its address
    10002,  # not for a trial account
    20006,  # access denied
    20008,  # not with test credentials
    20010,  # disabled for the account
    20404,  # the account, the template or the Messaging Service is not there
    # the request itself
    21602,  # no body
    21603,  # no sender
    21617,  # the body is too long
    21655,  # invalid ContentSid
    21656,  # invalid ContentVariables
    21910,  # sender and recipient are on different channels
}
# misconfigured for this destination or this one request: others may do
_NOT_ALIKE = {
    13227,
    21215,
    21219,
    21220,
    21408,
    21602,
    21608,
    21612,
    21617,
    30010,
    30024,
    30027,
    30040,
    30041,
    30043,
    30044,
    63005,
    63006,
    63031,
    572005,
    573005,
}
_BAD_ADDRESS = {21211, 21217, 13223, 13224, 21604, 21268}
_OPTED_OUT = {
    21610,
    63014,
    63050,  # the person has stopped the business's marketing messages
}

# Our account, key or plan: every touch fails alike until somebody corrects it, so touches wait.
ACCOUNT_ERRORS = {20003, 10001, 30002, 20005}
# Twilio's general codes: about the account or the request, and never about the person.
_GENERAL = range(20000, 21000)
# Too many requests, calls or queued messages: nothing was carried out, so it is safe to repeat.
NOT_NOW = {20429, 10004, 21611}


def kind_of(code: int | None) -> FailureKind:
    """Returns the meaning of a refusal or receipt with this code.

    An unknown code means that this channel could not reach the person.
    """
    if code in _OPTED_OUT:
        return FailureKind.OPTED_OUT
    if code in _BAD_ADDRESS:
        return FailureKind.BAD_ADDRESS
    if code in _MISCONFIGURED | ACCOUNT_ERRORS or code in _GENERAL:
        return FailureKind.MISCONFIGURED
    return FailureKind.UNREACHABLE


def fails_alike(code: int | None) -> bool:
    """Returns whether our account, sender or template is at fault: all touches fail alike.

    A country or carrier that the sender may not reach, or a trial account's unverified number, is
    not.
    """
    return code in (_MISCONFIGURED | ACCOUNT_ERRORS) - _NOT_ALIKE
