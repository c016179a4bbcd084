"""Verifies Twilio's webhooks, and translates receipts and inbound messages into our words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from twilio.request_validator import RequestValidator

from contracts.events.call import Unanswered
from contracts.events.touch import Channel
from domain.receipts import Accepted, Answered, Arrived, Receipt, Undeliverable, Unheard
from providers.twilio.errors import kind_of

_CODE = re.compile(r"[0-9]{1,9}")
_OLD_MEXICAN_MOBILE = re.compile(r"^\+?521(\d{10})$")


def signed_by_twilio(
    *, url: str, params: Mapping[str, str], signature: str | None, auth_token: str
) -> bool:
    """Returns whether Twilio signed this POST.

    `url` is the public address as Twilio has it configured, path and query included.
    https://www.twilio.com/docs/usage/webhooks/webhooks-security
    """
    return bool(signature) and RequestValidator(auth_token).validate(url, dict(params), signature)


def read_call_status(params: Mapping[str, str]) -> Receipt | None:
    """Returns a call's progress.

    A completed call was picked up by something. AnsweredBy decides whether it was a person.
    """
    ref = params.get("CallSid", "")
    match params.get("CallStatus"):
        case "queued" | "initiated" | "ringing" | "in-progress":
            return Accepted(ref)
        case "busy":
            return Unheard(ref, Unanswered.BUSY)
        case "no-answer":
            return Unheard(ref, Unanswered.NO_ANSWER)
        case "failed" | "canceled":
            return Unheard(ref, Unanswered.FAILED)
        case "completed":
            return read_verdict(params) or Unheard(ref, Unanswered.HUNG_UP)
        case _:
            return None


def read_verdict(params: Mapping[str, str]) -> Receipt | None:
    """Returns the verdict of machine detection. None where it does not know."""
    ref = params.get("CallSid", "")
    verdict = params.get("AnsweredBy", "")
    if verdict == "human":
        return Answered(ref)
    if verdict == "fax":
        return Unheard(ref, Unanswered.FAX)
    if verdict.startswith("machine_"):
        return Unheard(ref, Unanswered.VOICEMAIL)
    return None


def read_message_status(params: Mapping[str, str]) -> Receipt | None:
    """Returns a message's receipt. WhatsApp often accepts first and fails later."""
    ref = params.get("MessageSid", "")
    match params.get("MessageStatus"):
        case "accepted" | "scheduled" | "queued" | "sending" | "sent":
            return Accepted(ref)
        case "delivered" | "read":
            return Arrived(ref)
        case "failed" | "undelivered" | "canceled" as status:
            digits = params.get("ErrorCode", "")
            code = int(digits) if _CODE.fullmatch(digits) else None
            return Undeliverable(ref, kind_of(code), f"twilio: {status} code {code}")
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from a person. `phone` is in today's form (+52 without the 1 after it)."""

    sid: str
    channel: Channel
    phone: str
    text: str
    opt_out_type: str


def read_inbound(params: Mapping[str, str]) -> Inbound:
    """Returns the message that somebody wrote.

    WhatsApp still reports Mexican mobiles as 521…, although messages go to 52….
    """
    sender = params.get("From", "")
    whatsapp = sender.startswith("whatsapp:")
    number = sender.removeprefix("whatsapp:")
    return Inbound(
        sid=params.get("MessageSid") or params.get("SmsSid", ""),
        channel=Channel.WHATSAPP if whatsapp else Channel.SMS,
        phone=_OLD_MEXICAN_MOBILE.sub(r"+52\1", number),
        text=params.get("ButtonText") or params.get("Body", ""),
        opt_out_type=params.get("OptOutType", ""),
    )
