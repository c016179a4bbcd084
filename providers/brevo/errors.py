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
_NOT_A_WORD = re.compile(r"\W+")
_MAIL = re.compile(
    r"attachment|(?<!domain )\bnames?\b|\bheaders?\b|subject|content|reply-?to|\bb?cc\b|template"
    r"|\btags?\b|missing|want at ?least",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"\bsender|\bfrom (?:address|e-?mail)|authenticat\w* (?:your )?domain|activated|suspended"
    r"|\bdomain (?:is )?(?:un|not )(?:verified|authenticated)"
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
    r"""
    \bspf\b | dkim | dmarc | dnsbl | \brbls?\b | spamhaus | spamcop | barracuda | \bsorbs\b
    | cloudmark | ipcheck\.proofpoint | uceprotect | mailspike | senderscore | reputation
    # 5.7.2x and 5.7.3x of RFC 7372, and Microsoft's: a sender without authentication, a banned one
    | (?<![\d.])5\.7\.(?:2\d|3[0-2]|509|51[15]|6[0-4]\d|7[0-4]\d)(?![\d.]*\d)
    | \[(?:tss?|bl|ph)\d\d\]  # Yahoo's
    # who is refused, and how
    | \b(?:ip|client\ host|sender|sending\ (?:domain|server|ip|mta))\b.{0,60}
      (?:reject|block|black.?list|listed|banned|not\ valid|invalid|not\ verified|unverified
      |not\ allowed|not\ authori[sz]ed|denied|refused|rate.limited|not\ exist|does\ not\ meet)
    | \b(?:ip|hosts?|servers?|mta|networks?|domain|sen(?:der|ding)|you|your)\b.{0,80}
      \b(?:block|black|deny)[\ -]?list
    | (?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?:(?!said).){0,60}
      (?:reject|block|listed|banned|not.allowed|denied|refused|rate.limited|deferred)
    | banned\ send(?:er|ing) | bad\ outbound\ sender | not\ accepted\ from
    | messages?\ from\b.{0,60}(?:weren.?t\ sent|not\ accepted|reject|refused|blocked|deferred)
    | connections?\b.{0,20}not\ (?:be\ )?accepted | your\ access\b.{0,60}rejected
    | unsolicited | not\ accepted\ for\ policy\ reasons | user\ complaints
    | \bptr\ record | reverse\ dns | \brdns\b | \bhelo\b | sender\ verif
    | un-?authenticated | not\ authenticated | authentication\ (?:level|checks?|requirements?)
    # Brevo itself
    | attachment | api.?key | credits | ^\W*account\ (?:is\ )?suspended
    | (?:your|brevo|sen(?:der|ding))\ account\b.{0,20}suspended
    | (?:daily|hourly|sending)\ (?:limit|quota)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MAILBOX = r"(?:user|recipient|mailbox|account|(?<!ip )address)"
_NOT_THERE = (
    rf"{_MAILBOX}\b.{{0,20}}\bunknown|unknown (?:user|recipient|mailbox|local.part|address)"
    r"|no such (?:user|recipient|mailbox|address|person|local)"
    rf"|{_MAILBOX}\b.{{0,60}}(?:(?:does|do)(?:n.t| not) exist|not (?:found|exist)|unavailable"
    r"|disabled|discontinued|inactive|deactivated)"
    r"|user doesn.t have an? |invalid (?:recipient|mailbox)|recipient ?not ?found"
)
# these name the mailbox, whatever is said about us after that
_NAMES_MAILBOX = re.compile(
    rf"{_NOT_THERE}|by (?:the )?(?:recipient|user|mailbox)\b"
    r"(?!'s| (?:e?-?mail |user )?(?:server|domain|host|system|policy))"
    r"|recipient.{0,20} (?:has )?blocked|recipient.s (?:allowed|blocked|safe) senders"
    r"|resolver\.(?:rst|adr)|sending to this group",
    re.IGNORECASE,
)
# the same words about the sender: `Sender address rejected: User unknown`
_SENDER_NOT_THERE = re.compile(
    rf"\b(?:sender|mail from|return.path|envelope.from)\b[^;]{{0,60}}?(?:{_NOT_THERE})",
    re.IGNORECASE,
)
# the words of a receiving server, or of who looked for it, and not Brevo's own
_RECEIVER = re.compile(
    r"(?<![\d.])[245](?:\d\d(?![\d.])|\.\d{1,3}\.\d)|\bsaid\b|\bmx\b|\bdns\b|resolv|\bhost\b"
    r"|\b(?:user|recipient|mail ?box|in ?box|over.?quota|storage|full|disk)\b",
    re.IGNORECASE,
)
# what the mail itself is refused for
_BLAMES_MAIL = re.compile(
    r"\bspam|\bcontent\b|virus|malware|phish|polic(?:y|ies)\b|suspicious|gr[ae]y.?list",
    re.IGNORECASE,
)


def fault_of(status: int, code: str, message: str) -> Fault:
    """Returns whose fault it is that Brevo refused a mail."""
    if status in (401, 402, 403) or code.lower() in _ACCOUNT_CODES or _ACCOUNT.search(message):
        return Fault.ACCOUNT
    if _MAIL.search(message):
        return Fault.MAIL
    return Fault.ADDRESS if _ADDRESS.search(message) else Fault.MAIL


def blocks_us(reason: str) -> bool:
    """Returns whether the reason of a bounce names our sender, server or attachment."""
    if _SENDER_NOT_THERE.search(reason):
        return True
    return bool(_BLOCKS_US.search(reason)) and not _NAMES_MAILBOX.search(reason)


def brevo_refuses_us(reason: str) -> bool:
    """Returns whether the reason of an event is a refusal of our account, as the API words it."""
    if _RECEIVER.search(reason) or _NAMES_MAILBOX.search(reason):
        return False
    words = _NOT_A_WORD.sub("_", reason.lower())
    return any(code in words for code in _ACCOUNT_CODES) or bool(_ACCOUNT.search(reason))


def blames_mail(reason: str) -> bool:
    """Returns whether the reason of a bounce names what the mail says, and not its mailbox."""
    return bool(_BLAMES_MAIL.search(reason)) and not _NAMES_MAILBOX.search(reason)
