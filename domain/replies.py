"""A message from a person, as every provider's words are translated to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.events.touch import Channel


class MediaKind(StrEnum):
    """What a person sent besides text, or instead of it."""

    VOICE = "voice"
    PICTURE = "picture"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Media:
    """One file. `url` is where its provider keeps it; empty where it has none."""

    kind: MediaKind
    url: str = ""


@dataclass(frozen=True, slots=True)
class IncomingReply:
    """A message from a person.

    `ref` identifies it at its provider. `address` is the phone or email that it came from, None
    where WhatsApp hides the number; `sender` is what the provider shows instead, or that address.
    `answers` is the provider's reference of our message that it replies to.
    `opts_out`: the provider itself has read it as a stop.
    `automatic`: its headers say that no person wrote it.
    `bulk`: they say that it went to many, as some companies' mail servers say of every mail.
    `subject` is what its sender wrote there; empty where that is `text`, or where it is ours.
    `name` is what the person calls themselves there. `attribution` names the ad that they tapped.
    """

    ref: str
    channel: Channel
    address: str | None
    sender: str
    text: str
    answers: str = ""
    media: tuple[Media, ...] = ()
    opts_out: bool = False
    automatic: bool = False
    bulk: bool = False
    subject: str = ""
    name: str = ""
    attribution: Mapping[str, str] = field(default_factory=dict)
