"""What Kommo and the console show of what a person sent."""

import pytest

from contracts.events.touch import Channel
from domain.replies import IncomingReply, Media, MediaKind
from services.notify.decisions.reply_texts import SENT, shown_text


def a_reply(text: str = "", *kinds: MediaKind) -> IncomingReply:
    media = tuple(Media(kind) for kind in kinds)
    return IncomingReply("SM1", Channel.WHATSAPP, "+528112345678", "+528112345678", text, "", media)


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        (a_reply(" Hola "), "Hola"),
        (a_reply("", MediaKind.VOICE), "(nota de voz)"),
        (a_reply("Es este local", MediaKind.PICTURE), "(imagen) Es este local"),
        (a_reply("", MediaKind.PICTURE, MediaKind.PICTURE), "(imagen) (imagen)"),
        (a_reply("  "), "(mensaje sin texto)"),
    ],
)
def test_what_is_shown(reply: IncomingReply, shown: str) -> None:
    assert shown_text(reply) == shown


def test_every_kind_has_a_name() -> None:
    assert SENT.keys() == set(MediaKind)
