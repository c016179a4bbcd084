"""Verifies Twilio's webhooks, and translates receipts and inbound messages into our words."""

import re
from collections.abc import Iterator, Mapping

from twilio.request_validator import RequestValidator

from contracts.events.call import Unanswered
from contracts.events.touch import Channel
from domain.receipts import (
    Accepted,
    Arrived,
    Ended,
    Outcome,
    Receipt,
    Undeliverable,
    Unheard,
    Verdict,
)
from domain.replies import IncomingReply, Media, MediaKind
from domain.text import storable
from providers.twilio.bills import minutes_of
from providers.twilio.errors import fails_alike, kind_of
from providers.twilio.models import CallInput

_DIGITS = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"\+[0-9]{5,15}")
_COUNT = re.compile(r"[0-9]")
# the first message of who tapped an ad carries these; all but the first are without
# https://www.twilio.com/docs/messaging/guides/webhook-request
_REFERRAL = {
    "ReferralCtwaClid": "ctwa_clid",
    "ReferralSourceId": "ad_id",
    "ReferralSourceType": "referral_type",
    "ReferralSourceUrl": "referral_url",
    "ReferralHeadline": "referral_headline",
    "ReferralBody": "referral_text",
}
_LONGEST_REFERRAL = 500
_MESSAGE_TYPES = {
    "audio": MediaKind.VOICE,
    "voice": MediaKind.VOICE,
    "image": MediaKind.PICTURE,
    "video": MediaKind.VIDEO,
    "document": MediaKind.DOCUMENT,
    "sticker": MediaKind.STICKER,
    "location": MediaKind.LOCATION,
    "contacts": MediaKind.CONTACT,
}
_CONTENT_TYPES = {
    "audio": MediaKind.VOICE,
    "image/webp": MediaKind.STICKER,
    "image": MediaKind.PICTURE,
    "video": MediaKind.VIDEO,
    "application": MediaKind.DOCUMENT,
    "text/vcard": MediaKind.CONTACT,
    "text/x-vcard": MediaKind.CONTACT,
    "text": MediaKind.DOCUMENT,
}


def signed_by_twilio(
    *, url: str, params: Mapping[str, str], signature: str | None, auth_token: str
) -> bool:
    """Returns whether Twilio signed this POST.

    `url` is the public address as Twilio has it configured, path and query included.
    https://www.twilio.com/docs/usage/webhooks/webhooks-security
    """
    return bool(signature) and RequestValidator(auth_token).validate(url, dict(params), signature)


def read_call_status(params: Mapping[str, str]) -> Receipt | None:
    """Returns a call's progress."""
    return call_receipt(
        params.get("CallSid", ""),
        params.get("CallStatus", ""),
        params.get("AnsweredBy", ""),
        _whole(params.get("CallDuration", "")),
    )


def read_call_minutes(params: Mapping[str, str]) -> int | None:
    """Returns the minutes that a call is charged as; None where the callback does not say."""
    seconds = _whole(params.get("CallDuration", ""))
    return minutes_of(str(seconds)) if seconds is not None else None


def call_receipt(ref: str, status: str, answered_by: str, seconds: int | None) -> Receipt | None:
    """Returns the progress that a call's status means.

    A completed call was picked up by something. `answered_by` tells whether by a person; it is
    empty where the call ended before machine detection did. `seconds` run from the pick-up.
    """
    match status:
        case "queued" | "initiated" | "ringing" | "in-progress":
            return Accepted(ref)
        case "busy":
            return Unheard(ref, Unanswered.BUSY)
        case "no-answer":
            return Unheard(ref, Unanswered.NO_ANSWER)
        case "failed" | "canceled":
            return Unheard(ref, Unanswered.FAILED)
        case "completed":
            return _ended(ref, answered_by, seconds)
        case _:
            return None


def read_verdict(params: Mapping[str, str]) -> Outcome:
    """Returns the verdict of machine detection.

    A person who picks up has heard nothing yet, so the call is only known to be under way.
    """
    ref = params.get("CallSid", "")
    return _machine(ref, params.get("AnsweredBy", "")) or Accepted(ref)


def read_detection(params: Mapping[str, str]) -> Verdict:
    """Returns what machine detection said, and how long it had listened after the pick-up.

    https://www.twilio.com/docs/voice/answering-machine-detection
    """
    milliseconds = _whole(params.get("MachineDetectionDuration", "")) or 0
    return Verdict(_by_person(params.get("AnsweredBy", "")), milliseconds / 1000)


def _ended(ref: str, answered_by: str, seconds: int | None) -> Receipt:
    machine = _machine(ref, answered_by)
    if machine is not None:
        return machine
    return Ended(ref, seconds, by_person=_by_person(answered_by))


def _by_person(answered_by: str) -> bool | None:
    """Returns whether a person picked up; None where machine detection said nothing."""
    return answered_by == "human" if answered_by else None


def _machine(ref: str, answered_by: str) -> Unheard | None:
    if answered_by == "fax":
        return Unheard(ref, Unanswered.FAX)
    if answered_by.startswith("machine_"):
        return Unheard(ref, Unanswered.VOICEMAIL)
    return None


def read_message_status(params: Mapping[str, str]) -> Receipt | None:
    """Returns a message's receipt. WhatsApp often accepts first and fails later."""
    code = _whole(params.get("ErrorCode", ""))
    return message_receipt(params.get("MessageSid", ""), params.get("MessageStatus", ""), code)


def message_receipt(ref: str, status: str, error_code: int | None) -> Receipt | None:
    """Returns the receipt that a message's status means."""
    match status:
        case "accepted" | "scheduled" | "queued" | "sending" | "sent":
            return Accepted(ref)
        case "delivered" | "read":
            return Arrived(ref)
        case "failed" | "undelivered" | "canceled":
            reason = f"twilio: {status} code {error_code}"
            return Undeliverable(ref, kind_of(error_code), reason, alike=fails_alike(error_code))
        case _:
            return None


def verdict_key(params: Mapping[str, str]) -> str:
    """Returns the key of a verdict of machine detection. Only its repeats have the same key."""
    return _key(params, "CallSid", "AnsweredBy")


def call_status_key(params: Mapping[str, str]) -> str:
    """Returns the key of a callback about a call. Only its repeats have the same key."""
    return _key(params, "CallSid", "CallStatus", "SequenceNumber")


def message_status_key(params: Mapping[str, str]) -> str:
    """Returns the key of a callback about a message. Only its repeats have the same key."""
    return _key(params, "MessageSid", "MessageStatus")


def verdict_keys(ref: str) -> list[str]:
    """Returns the keys that the verdict about a person's call may have."""
    return [f"{ref}/{answered_by}" for answered_by in ("human", "unknown", "")]


def _whole(digits: str) -> int | None:
    return int(digits) if _DIGITS.fullmatch(digits) else None


def _key(params: Mapping[str, str], *names: str) -> str:
    return "/".join(params.get(name, "") for name in names)


def read_call_input(params: Mapping[str, str]) -> CallInput:
    """Returns the key that somebody pressed, or the words that Twilio recognised."""
    return CallInput(
        params.get("CallSid", ""), params.get("Digits", ""), params.get("SpeechResult", "")
    )


def read_inbound(params: Mapping[str, str]) -> IncomingReply:
    """Returns the message that somebody wrote.

    WhatsApp shows a person who hides their number by an id such as `MX.1349…`.
    """
    sender = params.get("From", "")
    whatsapp = sender.startswith("whatsapp:")
    shown = sender.removeprefix("whatsapp:")
    number = shown if shown.startswith("+") else f"+{params.get('WaId', '')}"
    has_number = _NUMBER.fullmatch(number) is not None
    return IncomingReply(
        ref=params.get("MessageSid") or params.get("SmsSid", ""),
        channel=Channel.WHATSAPP if whatsapp else Channel.SMS,
        address=number if has_number else None,
        sender=number if has_number else shown,
        text=params.get("ButtonText") or params.get("ListTitle") or params.get("Body", ""),
        answers=params.get("OriginalRepliedMessageSid", ""),
        media=tuple(_media(params)),
        opts_out=params.get("OptOutType") == "STOP",
        name=params.get("ProfileName", ""),
        attribution={
            name: storable(params[key])[:_LONGEST_REFERRAL]
            for key, name in _REFERRAL.items()
            if params.get(key)
        },
    )


def _media(params: Mapping[str, str]) -> Iterator[Media]:
    """Yields what was sent besides text. Twilio names its type, and keeps the file at a URL."""
    digits = params.get("NumMedia", "")
    count = int(digits) if _COUNT.fullmatch(digits) else 0
    for number in range(count):
        kind = _media_kind(
            params.get(f"MediaContentType{number}", ""), params.get("MessageType", "")
        )
        yield Media(kind, params.get(f"MediaUrl{number}", ""))
    if not count:
        named = _MESSAGE_TYPES.get(params.get("MessageType", ""))
        if named is not None:
            yield Media(named)
        elif params.get("Latitude"):
            yield Media(MediaKind.LOCATION)


def _media_kind(content_type: str, message_type: str) -> MediaKind:
    if message_type in _MESSAGE_TYPES:
        return _MESSAGE_TYPES[message_type]
    name = content_type.partition(";")[0].strip().lower()
    return _CONTENT_TYPES.get(name) or _CONTENT_TYPES.get(name.partition("/")[0], MediaKind.OTHER)
