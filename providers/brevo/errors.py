"""Brevo's refusals and the reasons of its bounces: whose fault they are.

Brevo documents the codes, and not the texts, of which these are the ones that people report. Both
are compared without case. A text that is not known blames nobody's address.
https://developers.brevo.com/docs/how-it-works#error-codes
"""

import re
from enum import StrEnum

MAX_REASON = 200


class Fault(StrEnum):
    """Whose fault a refusal is.

    ADDRESS: the recipient's. ACCOUNT: every mail fails alike until somebody corrects our key, plan,
    sender or server. MAIL: something of ours in this mail, such as a name or an attachment.
    """

    ADDRESS = "address"
    ACCOUNT = "account"
    MAIL = "mail"


_ACCOUNT_CODES = {
    "unauthorized",
    "not_enough_credits",
    "permission_denied",
    "account_under_validation",
}
_MAIL = re.compile(
    r"attachment|(?<!domain )\bnames?\b|\bheaders?\b|subject|content|reply-?to|\bb?cc\b|template"
    r"|\btags?\b|missing|want at ?least",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"\bsender|\bfrom (?:address|e-?mail)|authenticat\w* (?:your )?domain|activated|suspended"
    r"|api.?key|\bip\b|credits?\b|quota|(?:daily|hourly|sending) limit",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\bin to\b|\bto\b(?: address| e-?mail| field)?.{0,20}(?:not valid|invalid)"
    r"|recipient.{0,40}(?:not valid|invalid|not exist|block|black)|(?:invalid|blocked) recipient"
    r"|^\W*(?:the )?e-?mail(?: address)? (?:is )?(?:not valid|invalid)\W*$"
    r"|^\W*invalid e-?mail(?: address)?\W*$",
    re.IGNORECASE,
)
# what receiving servers say about the sender, and not about the mailbox that they serve
_BLOCKS_US = re.compile(
    r"\bspf\b|dkim|dmarc|dnsbl|\brbl\b|spamhaus|spamcop|barracuda|reputation"
    r"|\b(?:ip|client host|sender|sending (?:domain|server))\b.{0,60}"
    r"(?:reject|block|black.?list|listed|banned|not valid|invalid|not verified|unverified"
    r"|not allowed|not authori[sz]ed|denied)"
    r"|un-?authenticated|not authenticated|attachment|api.?key|credits|account suspended"
    r"|(?:daily|hourly|sending) (?:limit|quota)",
    re.IGNORECASE,
)
_BY_RECIPIENT = re.compile(r"by (?:the )?(?:recipient|user|mailbox)", re.IGNORECASE)


def fault_of(status: int, code: str, message: str) -> Fault:
    """Returns whose fault it is that Brevo refused a mail."""
    if status in (401, 402, 403) or code.lower() in _ACCOUNT_CODES or _ACCOUNT.search(message):
        return Fault.ACCOUNT
    if _MAIL.search(message):
        return Fault.MAIL
    return Fault.ADDRESS if _ADDRESS.search(message) else Fault.MAIL


def blocks_us(reason: str) -> bool:
    """Returns whether the reason of a bounce names our sender, server or attachment."""
    return bool(_BLOCKS_US.search(reason)) and not _BY_RECIPIENT.search(reason)
