"""Who was seen by the simulated companies, and what each of them finds on their phone and in their mailbox."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import zip_longest

from simulator.brevo import BrevoSimulator, Mail
from simulator.kommo import KommoSimulator
from simulator.twilio import Call, CallState, Text, TwilioSimulator, Written
from simulator.waiting import Later

URL = r"https?://[^\s\"<>]+"


@dataclass(frozen=True, slots=True)
class Card:
    """Addresses that belong together."""

    name: str = ""
    phone: str | None = None
    email: str | None = None
    at: float = 0.0


@dataclass
class Person:
    """Goes by their phone; somebody without one, by their email address."""

    id: str
    phone: str | None
    name: str = ""
    emails: list[str] = field(default_factory=list)
    at: float = 0.0
    ringing: bool = False


@dataclass(frozen=True, slots=True)
class ShownCall:
    sid: str
    caller: str
    at: float
    state: CallState
    said: list[str]
    pressed: str
    in_hand: bool


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """`mine`: the person wrote it."""

    sid: str
    at: float
    channel: str
    mine: bool
    body: str
    state: str = ""
    error: int | None = None


@dataclass(frozen=True, slots=True)
class ShownMail:
    id: str
    at: float
    subject: str
    text: str
    state: str
    attachments: list[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A phone and a mailbox, oldest first, and the newest link to the booking page in them.

    `call_later`: it is no hour to call, and nobody has yet.
    """

    person: Person
    calls: list[ShownCall]
    messages: list[ShownMessage]
    mails: list[ShownMail]
    booking_link: str | None
    call_later: Later | None


@dataclass(frozen=True, slots=True)
class People:
    """`arrived` came by the form on the page; the companies know the others. `later` says when a phone is called."""

    twilio: TwilioSimulator
    brevo: BrevoSimulator
    kommo: KommoSimulator
    booking_page: str
    later: Callable[[str], Later | None]
    arrived: list[Card] = field(default_factory=list)

    def seen(self) -> list[Person]:
        """Whoever something happened to last comes first."""
        ringing = {
            call.to for call in self.twilio.calls.values() if call.state in ("ringing", "talking")
        }
        people = acquaint([*self.arrived, *self._in_the_crm(), *self._reached()])
        for person in people:
            person.ringing = person.phone in ringing
        return sorted(people, key=lambda person: person.at, reverse=True)

    def find(self, address: str) -> Person | None:
        return next((one for one in self.seen() if address in (one.phone, *one.emails)), None)

    def shown_to(self, person: Person) -> Shown:
        calls = [self._call(call) for call in self.twilio.calls.values() if call.to == person.phone]
        texts = [
            self._text(text) for text in self.twilio.texts.values() if _number(text) == person.phone
        ]
        written = [_written(one) for one in self.twilio.written if one.number == person.phone]
        messages = sorted([*texts, *written], key=lambda message: message.at)
        mails = [_mail(mail) for mail in self.brevo.mails.values() if mail.to in person.emails]
        read = sorted(
            [*((m.at, m.body) for m in texts), *((m.at, m.text) for m in mails)], reverse=True
        )
        later = self.later(person.phone) if person.phone and not calls else None
        return Shown(person, calls, messages, mails, self._link([body for _, body in read]), later)

    def _in_the_crm(self) -> list[Card]:
        found = []
        for name, addresses in self.kommo.people():
            phones = [one for one in addresses if one.startswith("+")]
            emails = [one for one in addresses if "@" in one]
            found += [Card(name, phone, email) for phone, email in zip_longest(phones, emails)]
        return found

    def _reached(self) -> list[Card]:
        calls = [Card(phone=call.to, at=call.at) for call in self.twilio.calls.values()]
        texts = [Card(phone=_number(text), at=text.at) for text in self.twilio.texts.values()]
        written = [Card(phone=one.number, at=one.at) for one in self.twilio.written]
        return [
            *calls,
            *texts,
            *written,
            *(Card(email=mail.to, at=mail.at) for mail in self.brevo.mails.values()),
        ]

    def _call(self, call: Call) -> ShownCall:
        in_hand = call.sid in self.twilio.manual_calls
        return ShownCall(
            call.sid, call.from_, call.at, call.state, call.said, call.pressed, in_hand
        )

    def _text(self, text: Text) -> ShownMessage:
        body, channel = self.twilio.as_read(text), "whatsapp" if text.whatsapp else "sms"
        return ShownMessage(text.sid, text.at, channel, False, body, text.state, text.error_code)

    def _link(self, newest_first: Iterable[str]) -> str | None:
        links = (link for body in newest_first for link in re.findall(URL, body))
        return next(
            (link for link in links if self.booking_page and link.startswith(self.booking_page)),
            None,
        )


def acquaint(cards: Iterable[Card]) -> list[Person]:
    """One person for each phone. An email address belongs to the first phone it was seen with, or stands alone."""
    people: dict[str, Person] = {}
    owners: dict[str, str] = {}
    for card in sorted(cards, key=lambda card: card.phone is None):
        who = card.phone or owners.get(card.email or "", card.email or "")
        person = people.setdefault(who, Person(who, card.phone))
        person.name, person.at = person.name or card.name, max(person.at, card.at)
        if (
            card.email
            and owners.setdefault(card.email, who) == who
            and card.email not in person.emails
        ):
            person.emails.append(card.email)
    return list(people.values())


def _number(text: Text) -> str:
    return text.to.removeprefix("whatsapp:")


def _written(one: Written) -> ShownMessage:
    return ShownMessage(one.sid, one.at, "whatsapp" if one.whatsapp else "sms", True, one.body)


def _mail(mail: Mail) -> ShownMail:
    names = [attached["name"] for attached in mail.attachments]
    return ShownMail(mail.id, mail.at, mail.subject, mail.text, mail.state, names)
