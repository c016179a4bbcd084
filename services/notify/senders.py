"""Sends a touch on its channel, and asks the provider about it afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, FailureKind, Kind
from domain.receipts import Accepted, Receipt
from kit.clock import now
from providers.brevo.client import IDEMPOTENCY_SECONDS, AlreadySent, BrevoClient, Mail
from providers.errors import RefusedTouch
from providers.twilio.client import Placed, TwilioClient, is_service
from providers.twilio.webhooks import call_receipt, message_receipt
from services.notify.content import LONG_LINKS, Wording, appointments
from services.notify.settings import Settings
from services.notify.short_links import Target
from services.notify.templates import EMPTY, Rendered
from services.notify.touches import Touch

CLOCKS_DIFFER = timedelta(seconds=15)  # at most, ours and Twilio's


class Sender(Protocol):
    """Sends on one channel.

    `resend_within`: the seconds for which the provider recognizes a repeat, so that it is harmless.
    """

    resend_within: ClassVar[float]

    def render(
        self, touch: Touch, card: LeadCard, links: Mapping[Target, str] = LONG_LINKS
    ) -> Rendered:
        """Returns the text of the touch, with its short links.

        Empty for a call, whose text depends on who answers.
        """
        ...

    async def send(
        self,
        touch: Touch,
        address: str,
        card: LeadCard,
        text: Rendered,
        *,
        in_session: bool = False,
    ) -> str:
        """Sends the touch and returns the provider's reference.

        `in_session`: the person wrote by WhatsApp within a day.
        Raises Unavailable (not sent), OutcomeUnknown (perhaps sent), RefusedTouch (never sent).
        """
        ...

    async def find(self, touch: Touch, address: str, *, since: datetime) -> list[Receipt]:
        """Returns the provider's records that may be those of a touch whose answer was unclear.

        The oldest comes first. Others may be those of other touches to the address.
        """
        ...

    async def fetch_status(self, ref: str) -> Receipt | None:
        """Returns the outcome of a touch that was sent; None where the provider keeps no record."""
        ...


@dataclass(frozen=True, slots=True)
class EmailSender:
    brevo: BrevoClient
    wording: Wording
    reply_to: str = ""
    resend_within: ClassVar[float] = IDEMPOTENCY_SECONDS

    def render(
        self, touch: Touch, card: LeadCard, links: Mapping[Target, str] = LONG_LINKS
    ) -> Rendered:
        return self.wording.render(touch, card, links=links)

    async def send(
        self,
        touch: Touch,
        address: str,
        card: LeadCard,
        text: Rendered,
        *,
        in_session: bool = False,
    ) -> str:
        try:
            return await self.brevo.send(self._mail(touch, address, card, text))
        except AlreadySent:
            return ""  # an earlier attempt arrived; its id comes with the first webhook

    async def find(self, touch: Touch, address: str, *, since: datetime) -> list[Receipt]:
        """Brevo lists emails with a delay that it does not state.

        So the idempotency key decides: sending again is the way to ask.
        """
        ref = await self.brevo.find(to=address, key=str(touch.touch_id))
        return [Accepted(ref)] if ref else []

    async def fetch_status(self, ref: str) -> Receipt | None:
        return None

    def _mail(self, touch: Touch, address: str, card: LeadCard, email: Rendered) -> Mail:
        facts = self.wording.facts(touch.submission_id or touch.lead_id, card, touch)
        invitations = appointments(touch, self.wording.organizer, card, now())
        return Mail(
            key=str(touch.touch_id),
            to=address,
            name=card.name,
            subject=email.subject,
            html=email.html,
            text=email.text,
            unsubscribe_url=facts["unsubscribe_url"],
            attachments=invitations,
            reply_to=self.reply_to,
        )


@dataclass(frozen=True, slots=True)
class CallSender:
    twilio: TwilioClient
    settings: Settings
    resend_within: ClassVar[float] = 0.0

    def render(
        self, touch: Touch, card: LeadCard, links: Mapping[Target, str] = LONG_LINKS
    ) -> Rendered:
        return EMPTY

    async def send(
        self,
        touch: Touch,
        address: str,
        card: LeadCard,
        text: Rendered,
        *,
        in_session: bool = False,
    ) -> str:
        hooks = f"{self.settings.public_url}/webhooks/twilio"
        return await self.twilio.place_call(
            to=address,
            from_=self.settings.twilio.caller_id,
            answer_url=f"{hooks}/voice?touch={touch.touch_id}&lead={touch.lead_id}",
            verdict_url=f"{hooks}/verdict?touch={touch.touch_id}&lead={touch.lead_id}",
            status_url=f"{hooks}/call?touch={touch.touch_id}",
            detection=self.settings.voice_detection,
        )

    async def find(self, touch: Touch, address: str, *, since: datetime) -> list[Receipt]:
        return _accepted(await self.twilio.calls_to(address), self.settings.twilio.caller_id, since)

    async def fetch_status(self, ref: str) -> Receipt | None:
        call = await self.twilio.call(ref)
        return call_receipt(ref, call.status, call.answered_by or "", call.seconds)


@dataclass(frozen=True, slots=True)
class MessageSender:
    """WhatsApp or SMS: the same API, distinguished by the prefix of its addresses."""

    twilio: TwilioClient
    settings: Settings
    wording: Wording
    channel: Channel
    resend_within: ClassVar[float] = 0.0

    @property
    def _prefix(self) -> str:
        return "whatsapp:" if self.channel is Channel.WHATSAPP else ""

    @property
    def _from(self) -> str:
        twilio = self.settings.twilio
        sender = twilio.whatsapp_sender if self.channel is Channel.WHATSAPP else twilio.sms_sender
        plain = sender.removeprefix("whatsapp:")
        return plain if is_service(plain) else self._prefix + plain

    def render(
        self, touch: Touch, card: LeadCard, links: Mapping[Target, str] = LONG_LINKS
    ) -> Rendered:
        """Returns the text, in the language of the approved template where there is one."""
        sid, language = self._approved(touch)
        text = self.wording.render(touch, card, links=links, language=language)
        if sid is None:
            return text
        facts = self.wording.facts(
            touch.submission_id or touch.lead_id, card, touch, links=links, language=language
        )
        return replace(text, content_sid=sid, variables=variables(facts, touch))

    async def send(
        self,
        touch: Touch,
        address: str,
        card: LeadCard,
        text: Rendered,
        *,
        in_session: bool = False,
    ) -> str:
        sid = text.content_sid
        if self.channel is Channel.WHATSAPP and sid is None and not in_session:
            raise RefusedTouch(
                FailureKind.MISCONFIGURED, f"no approved template for {touch.template}"
            )
        return await self.twilio.send_message(
            to=self._prefix + address,
            from_=self._from,
            status_url=f"{self.settings.public_url}/webhooks/twilio/message?touch={touch.touch_id}",
            body=None if sid else text.text,
            content_sid=sid,
            variables=text.variables,
        )

    async def find(self, touch: Touch, address: str, *, since: datetime) -> list[Receipt]:
        return _accepted(await self.twilio.messages_to(self._prefix + address), self._from, since)

    async def fetch_status(self, ref: str) -> Receipt | None:
        message = await self.twilio.message(ref)
        return message_receipt(ref, message.status, message.error_code)

    def _approved(self, touch: Touch) -> tuple[str | None, str]:
        """Returns the SID of the approved template, and the language of the text."""
        language = self.wording.language_of(touch)
        if self.channel is not Channel.WHATSAPP:
            return None, language
        sids = self.settings.twilio.content_sid_of
        template = self.wording.template_of(touch)
        if own := sids.get(f"{template}.{language}"):
            return own, language
        if usual := sids.get(template):
            return usual, self.settings.language
        return None, language


# the number that `variables` gives to each value, by the value's name in our texts
PLACES = {
    "first_name": "{{1}}",
    "booking_url": "{{2}}",
    "meeting_at": "{{2}}",
    "meeting_how": "{{3}}",
}


def variables(facts: Mapping[str, str], touch: Touch) -> dict[str, str]:
    """Returns the values of an approved template: {{1}} the first name, {{2}} the booking link.

    For a meeting {{2}} is its time and {{3}} how to meet: a link, a call, or a place. No value may
    be empty.
    """
    if touch.kind is Kind.MEETING:
        return {"1": facts["first_name"], "2": facts["meeting_at"], "3": facts["meeting_how"]}
    return {"1": facts["first_name"], "2": facts["booking_url"]}


def _accepted(found: list[Placed], from_: str, since: datetime) -> list[Receipt]:
    """Returns those from `from_` that were placed since the first attempt, the oldest first."""
    matches = [
        placed
        for placed in found
        if from_ in (placed.from_, placed.service) and placed.created_at >= since - CLOCKS_DIFFER
    ]
    matches.sort(key=lambda placed: placed.created_at)
    return [Accepted(placed.sid) for placed in matches]
