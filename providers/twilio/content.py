"""Makes values fit for the variables of a WhatsApp template.

Meta refuses a value that is empty, or holds a line break, a tab or more than four spaces in a row:
https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates
Twilio refuses some with an apostrophe (21656): https://github.com/twilio/twilio-node/issues/1082
"""

import re
from collections.abc import Mapping

MAX_VALUE = 250  # without the links. The whole text may have 1,024 characters
MAX_LINKS = 500  # of a value that has other words too
NOTHING = "–"
_LINK = re.compile(r"(?:https?://|\bwww\.)\S|\b[\w-]+\.[a-z]{2,}/\S", re.IGNORECASE)


def template_variables(values: Mapping[str, str]) -> dict[str, str]:
    """Returns the values as Twilio and WhatsApp take them.

    A link is never cut: the words around it are, and a link for which there is no room is left out.
    """
    return {name: _fitting(value) for name, value in values.items()}


def _fitting(value: str) -> str:
    words = [_without_apostrophe(word) for word in value.split()]
    if len(words) == 1 and _LINK.search(words[0]):
        return words[0]
    plain = iter(_shortened(" ".join(word for word in words if not _LINK.search(word))).split())
    fitting: list[str] = []
    room = MAX_LINKS
    for word in words:
        if not _LINK.search(word):
            fitting.append(next(plain, ""))
        elif len(word) <= room:
            fitting.append(word)
            room -= len(word)
    return " ".join(word for word in fitting if word) or NOTHING


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1].rstrip() + "…"


def _without_apostrophe(word: str) -> str:
    return word.replace("'", "%27" if _LINK.search(word) else "’")
