"""Says what a person sent, so that Kommo and the console show it as what it is."""

from collections.abc import Iterator

from domain.replies import IncomingReply, MediaKind

SENT = {
    MediaKind.VOICE: "(nota de voz)",
    MediaKind.PICTURE: "(imagen)",
    MediaKind.VIDEO: "(video)",
    MediaKind.DOCUMENT: "(documento)",
    MediaKind.STICKER: "(sticker)",
    MediaKind.LOCATION: "(ubicación)",
    MediaKind.CONTACT: "(contacto)",
    MediaKind.OTHER: "(archivo)",
}
EMPTY = "(mensaje sin texto)"


def shown_text(reply: IncomingReply) -> str:
    """Returns the text of the reply, after the names of what was sent with it."""
    return " ".join(_parts(reply)) or EMPTY


def _parts(reply: IncomingReply) -> Iterator[str]:
    for media in reply.media:
        yield SENT[media.kind]
    if reply.text.strip():
        yield reply.text.strip()
