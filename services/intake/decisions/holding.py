"""Decides which submissions wait for an operator. Pure: no clock, no database, no network."""

import re

from disposable_email_domains import blocklist

from contracts.events.lead import LeadCard
from contracts.events.submission import HoldReason

DISPOSABLE = frozenset(blocklist)
_LINK = re.compile(
    r"""
    ://
    |\bwww\.
    |(?<![@\w.-]) [\w-]+ (?:\.[\w-]+)*          # a web address, but not the domain of an email
     (?: \.(?:com|net|org|info|biz|xyz|top|shop|store|online|site|club|link|click|app|dev
             |ru|cn|tk|ly)\b (?![@\w])
       | \.[a-z]{2,}/\w )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MARKUP = re.compile(r"<[/!a-z]|\[/?(?:url|link|img|b)\b", re.IGNORECASE)


def reason_to_hold(
    card: LeadCard, *, test: bool = False, honeypot: bool = False, over_limit: bool = False
) -> HoldReason | None:
    """Returns why an operator must see the submission first; None where it goes its way.

    `test` is what its source says of it, `honeypot` whether a field that no person sees is filled
    in, `over_limit` whether too many came from one address or source.
    """
    reasons = {
        HoldReason.TEST: test,
        HoldReason.HONEYPOT: honeypot,
        HoldReason.LINK_IN_NAME: has_link(card.name),
        HoldReason.DISPOSABLE_EMAIL: is_disposable(card.email),
        HoldReason.OVER_LIMIT: over_limit,
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def has_link(name: str) -> bool:
    """Returns whether a web address or markup stands where a name is asked for."""
    return bool(_LINK.search(name) or _MARKUP.search(name))


def is_disposable(email: str | None) -> bool:
    """Returns whether the address is of a domain, or below one, that anybody uses for minutes."""
    domain = (email or "").rpartition("@")[2]
    labels = domain.split(".")
    return any(".".join(labels[first:]) in DISPOSABLE for first in range(len(labels) - 1))
