"""Decides whether a person opened a short link, or a program read it. Pure.

Nobody can tell for sure. Programs name themselves, or ask for a preview, or come within moments of
the message: virus scanners of mail and of mobile networks do, often under a browser's name.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

from contracts.events.link import Opener

# nobody hears the phone, unlocks it and taps within this time
FASTEST_PERSON = timedelta(seconds=2)
COUNTED_AGAIN = timedelta(hours=1)  # another opening of the same link is published after this
PREVIEW_HEADERS = ("purpose", "sec-purpose", "x-purpose", "x-moz")
PREVIEW = re.compile(r"prefetch|preview|prerender", re.IGNORECASE)
# programs under the name of a browser; CUBOT makes phones
PROGRAM = re.compile(
    r"(?<!cu)bot\b|crawl|spider|preview|prefetch|headless|lighthouse|slurp|facebookexternalhit"
    r"|whatsapp/|google-read-aloud|googleimageproxy|proofpoint|barracuda|mimecast|safelinks"
    r"|symantec|forcepoint|fortinet|trendmicro|sophos|kaspersky|bitdefender|zscaler|urlscan"
    r"|virustotal",
    re.IGNORECASE,
)
BROWSER = re.compile(r"mozilla/|opera/", re.IGNORECASE)


def opener_of(method: str, headers: Mapping[str, str], *, age: timedelta) -> Opener:
    """Returns who seems to have opened a link, `age` after it was made.

    `headers` are the request's, with their names in small letters.
    """
    asks_for_preview = any(PREVIEW.search(headers.get(name, "")) for name in PREVIEW_HEADERS)
    if method != "GET" or asks_for_preview or age < FASTEST_PERSON:
        return Opener.PROGRAM
    agent = headers.get("user-agent", "")
    if PROGRAM.search(agent) or not BROWSER.match(agent):
        return Opener.PROGRAM
    return Opener.PERSON
