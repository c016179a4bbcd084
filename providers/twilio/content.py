"""Makes values fit for the variables of a WhatsApp template.

Meta refuses a value that is empty, or holds a line break, a tab or more than four spaces in a row:
https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates
Twilio refuses some with an apostrophe (21656): https://github.com/twilio/twilio-node/issues/1082
"""

import re
from collections.abc import Mapping

MAX_VALUE = 250  # the whole text may have 1,024 characters
NOTHING = "–"
_LINK = re.compile(r"https?://\S+\Z", re.IGNORECASE)


def template_variables(values: Mapping[str, str]) -> dict[str, str]:
    """Returns the values as Twilio and WhatsApp take them. A link is never cut."""
    return {name: _fitting(value) for name, value in values.items()}


def _fitting(value: str) -> str:
    text = " ".join(value.split())
    if _LINK.match(text):
        return text.replace("'", "%27")
    text = text.replace("'", "’")
    if len(text) > MAX_VALUE:
        text = text[: MAX_VALUE - 1].rstrip() + "…"
    return text or NOTHING
