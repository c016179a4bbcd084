"""Gathers the people that the simulated providers know, with their phone and their mailbox."""

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
    """A person, identified by phone, or by email address where there is no phone."""

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
    transcript: list[str]
    pressed: str
    manual: bool


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message on the phone. `from_person` is set where the person wrote it."""

    sid: str
    at: float
    channel: str
    from_person: bool
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

    `call_later` is set where there was no call yet because it is outside the contact hours.
    """

    person: Person
    calls: list[ShownCall]
    messages: list[ShownMessage]
    mails: list[ShownMail]
    booking_link: str | None
    call_later: Later | None


@dataclass(frozen=True, slots=True)
class People:
    """The people of the simulator, with the calls, messages and mails of each.

    `arrived` came by the form on the page, and the providers know the others. `later` returns when
    a phone will be called.
    """

    twilio: TwilioSimulator
    brevo: BrevoSimulator
    kommo: KommoSimulator
    booking_page: str
    later: Callable[[str], Later | None]
    arrived: list[Card] = field(default_factory=list)

    def seen(self) -> list[Person]:
        """Returns the people, those with the latest event first."""
        ringing = {
            call.to for call in self.twilio.calls.values() if call.state in ("ringing", "talking")
        }
        people = group_cards([*self.arrived, *self._in_the_crm(), *self._reached()])
        for person in people:
            person.ringing = person.phone in ringing
        return sorted(people, key=lambda person: person.at, reverse=True)

    def find(self, address: str) -> Person | None:
        for person in self.seen():
            if address in (person.phone, *person.emails):
                return person
        return None

    def shown_to(self, person: Person) -> Shown:
        calls = [self._call(call) for call in self.twilio.calls.values() if call.to == person.phone]
        texts = [
            self._text(text) for text in self.twilio.texts.values() if _number(text) == person.phone
        ]
        written = [
            _written(message) for message in self.twilio.written if message.number == person.phone
        ]
        messages = sorted([*texts, *written], key=lambda message: message.at)
        mails = [_mail(mail) for mail in self.brevo.mails.values() if mail.to in person.emails]
        received = [(text.at, text.body) for text in texts]
        received += [(mail.at, mail.text) for mail in mails]
        newest_first = sorted(received, reverse=True)
        return Shown(
            person=person,
            calls=calls,
            messages=messages,
            mails=mails,
            booking_link=self._link([body for _, body in newest_first]),
            call_later=self.later(person.phone) if person.phone and not calls else None,
        )

    def _in_the_crm(self) -> list[Card]:
        found = []
        for name, addresses in self.kommo.people():
            phones = [address for address in addresses if address.startswith("+")]
            emails = [address for address in addresses if "@" in address]
            found += [Card(name, phone, email) for phone, email in zip_longest(phones, emails)]
        return found

    def _reached(self) -> list[Card]:
        calls = [Card(phone=call.to, at=call.at) for call in self.twilio.calls.values()]
        texts = [Card(phone=_number(text), at=text.at) for text in self.twilio.texts.values()]
        written = [Card(phone=message.number, at=message.at) for message in self.twilio.written]
        mails = [Card(email=mail.to, at=mail.at) for mail in self.brevo.mails.values()]
        return [*calls, *texts, *written, *mails]

    def _call(self, call: Call) -> ShownCall:
        return ShownCall(
            sid=call.sid,
            caller=call.from_,
            at=call.at,
            state=call.state,
            transcript=call.transcript,
            pressed=call.pressed,
            manual=call.sid in self.twilio.manual_calls,
        )

    def _text(self, text: Text) -> ShownMessage:
        return ShownMessage(
            sid=text.sid,
            at=text.at,
            channel="whatsapp" if text.whatsapp else "sms",
            from_person=False,
            body=self.twilio.as_read(text),
            state=text.state,
            error=text.error_code,
        )

    def _link(self, newest_first: Iterable[str]) -> str | None:
        if not self.booking_page:
            return None
        for body in newest_first:
            for link in map(str, re.findall(URL, body)):
                if link.startswith(self.booking_page):
                    return link
        return None


def group_cards(cards: Iterable[Card]) -> list[Person]:
    """Returns one person for each phone, and for each email address that was never seen with one.

    An email address belongs to the first phone that it was seen with.
    """
    people: dict[str, Person] = {}
    owners: dict[str, str] = {}
    for card in sorted(cards, key=lambda card: card.phone is None):
        person_id = card.phone or owners.get(card.email or "", card.email or "")
        person = people.setdefault(person_id, Person(person_id, card.phone))
        person.name = person.name or card.name
        person.at = max(person.at, card.at)
        if (
            card.email
            and owners.setdefault(card.email, person_id) == person_id
            and card.email not in person.emails
        ):
            person.emails.append(card.email)
    return list(people.values())


def _number(text: Text) -> str:
    return text.to.removeprefix("whatsapp:")


def _written(message: Written) -> ShownMessage:
    return ShownMessage(
        sid=message.sid,
        at=message.at,
        channel="whatsapp" if message.whatsapp else "sms",
        from_person=True,
        body=message.body,
    )


def _mail(mail: Mail) -> ShownMail:
    names = [attachment["name"] for attachment in mail.attachments]
    return ShownMail(mail.id, mail.at, mail.subject, mail.text, mail.state, names)
