"""Whether a person opened a link, or a program read it, as far as the request shows."""

from datetime import timedelta

import pytest

from contracts.events.link import Opener
from services.notify.decisions.openings import opener_of

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)
IMESSAGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "agent",
    [
        pytest.param(ANDROID, id="Android"),
        pytest.param(IPHONE, id="iPhone"),
        pytest.param(ANDROID.replace("SM-A546E", "CUBOT NOTE 20"), id="a phone named like a robot"),
        pytest.param(IPHONE + " Instagram 330.0 (iPhone14,5)", id="within an app"),
        pytest.param("Opera/9.80 (J2ME/MIDP; Opera Mini/7.1) Presto/2.8", id="Opera Mini"),
    ],
)
def test_a_browser_is_taken_for_a_person(agent: str) -> None:
    assert opener_of("GET", {"user-agent": agent}, age=MINUTE) is Opener.PERSON


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "WhatsApp/2.24.13.77 A",
        IMESSAGE,
        "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "Mozilla/5.0 (Windows NT 10.0) HeadlessChrome/126.0",
        "Mozilla/5.0 (compatible; ProofpointURLDefense)",
        "python-httpx/0.28.1",
        "curl/8.7.1",
        "okhttp/4.12.0",
    ],
)
def test_a_program_that_names_itself_is_none(agent: str) -> None:
    assert opener_of("GET", {"user-agent": agent}, age=MINUTE) is Opener.PROGRAM


@pytest.mark.parametrize(
    ("method", "headers", "age"),
    [
        pytest.param("HEAD", {}, MINUTE, id="HEAD"),
        pytest.param("GET", {"sec-purpose": "prefetch;prerender"}, MINUTE, id="prefetch"),
        pytest.param("GET", {"purpose": "preview"}, MINUTE, id="preview"),
        pytest.param("GET", {"x-moz": "prefetch"}, MINUTE, id="an old Firefox"),
        pytest.param("GET", {}, timedelta(seconds=1), id="sooner than anybody can tap"),
    ],
)
def test_a_request_that_no_tap_makes_is_a_programs(
    method: str, headers: dict[str, str], age: timedelta
) -> None:
    assert opener_of(method, {"user-agent": ANDROID, **headers}, age=age) is Opener.PROGRAM
