"""Reads the emails that Brevo receives for us and posts to us.

https://developers.brevo.com/docs/inbound-parse-webhooks
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from contracts.events.touch import Channel
from domain.mails import own_words
from domain.replies import IncomingReply, Media, MediaKind
from domain.text import storable_json

LONGEST = 20_000
LONGEST_TEXT = 4096
OWN_WORDS = 3  # up to which the subject of an answer is read as the sender's own
_ADDRESS = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}")
_RE = re.compile(r"^(?:(?:re|rv|fw|fwd|aw|res|enc) ?: ?)+", re.IGNORECASE)
_AUTOMATIC_SUBJECT = re.compile(
    r"^(?:automatic reply|auto(?:matic)?[ -]?(?:response|reply|respuesta)|respuesta autom[aá]tica"
    r"|contestaci[oó]n autom[aá]tica|out of (?:the )?office|fuera de (?:la )?oficina"
    r"|resposta autom[aá]tica|ausen(?:te|cia)\b|aus[eê]ncia\b|ooo\b|fora do escrit[oó]rio"
    r"|undelivered mail|delivery status|mail delivery)",
    re.IGNORECASE,
)
_AUTOMATIC_SENDERS = ("mailer-daemon@", "postmaster@", "noreply@", "no-reply@", "bounce")
_AUTOMATIC_HEADERS = ("x-autoreply", "x-autorespond", "x-auto-reply")
_AUTOMATIC_PRECEDENCE = ("auto_reply", "auto-reply")
_BULK = ("bulk", "junk", "list")


def read_inbound_mails(body: object) -> list[IncomingReply]:
    """Returns the mails in a webhook's body. Those without a readable sender are left out."""
    items = body.get("items") if isinstance(body, Mapping) else None
    mails = [_read(storable_json(item, longest=LONGEST)) for item in _objects(items)]
    return [mail for mail in mails if mail is not None]


def _read(item: Mapping[str, Any]) -> IncomingReply | None:
    sender = _address(item.get("From"))
    ref = _text(item, "MessageId").strip("<> ")
    if sender is None or not ref:
        return None
    subject = _text(item, "Subject").strip()
    parts = (_text(item, "ExtractedMarkdownMessage"), _text(item, "RawTextBody"))
    written = next(filter(None, map(own_words, parts)), "")
    return IncomingReply(
        ref=ref,
        channel=Channel.EMAIL,
        address=sender,
        sender=sender,
        text=(written or _RE.sub("", subject))[:LONGEST_TEXT],
        subject=_own_subject(subject) if written else "",
        answers=_text(item, "InReplyTo").strip("<> "),
        media=tuple(_files(item)),
        automatic=_is_automatic(item, sender, subject),
        bulk=_headers(item).get("precedence") in _BULK,
    )


def _own_subject(subject: str) -> str:
    """Returns the subject that the sender chose, such as `BAJA`; empty where it is likely ours."""
    chosen = _RE.sub("", subject)
    if chosen != subject and len(chosen.split()) > OWN_WORDS:
        return ""
    return chosen


def _is_automatic(item: Mapping[str, Any], sender: str, subject: str) -> bool:
    """Returns whether no person wrote the mail: https://www.rfc-editor.org/rfc/rfc3834"""
    headers = _headers(item)
    by_header = headers.get("auto-submitted", "no") != "no" or any(
        name in headers for name in _AUTOMATIC_HEADERS
    )
    return (
        by_header
        or headers.get("precedence") in _AUTOMATIC_PRECEDENCE
        or sender.lower().startswith(_AUTOMATIC_SENDERS)
        or _AUTOMATIC_SUBJECT.match(_RE.sub("", subject)) is not None
    )


def _headers(item: Mapping[str, Any]) -> dict[str, str]:
    found = item.get("Headers")
    pairs = found.items() if isinstance(found, Mapping) else ()
    return {str(name).lower(): str(value).strip().lower() for name, value in pairs}


def _files(item: Mapping[str, Any]) -> Iterator[Media]:
    """Yields the attached files. Pictures are left out, because signatures are full of them."""
    for attachment in _objects(item.get("Attachments")):
        if not _text(attachment, "ContentType").startswith("image/"):
            yield Media(MediaKind.DOCUMENT)


def _address(value: object) -> str | None:
    text = _text(value, "Address") if isinstance(value, Mapping) else ""
    found = _ADDRESS.fullmatch(text.strip())
    return found[0] if found else None


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _text(of: Mapping[str, Any], name: str) -> str:
    value = of.get(name)
    return value if isinstance(value, str) else ""
