"""Who may have sent a webhook: each source's signature over its own example."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from sources import google, tally, tiktok, typeform, webflow
from sources.meta import notifications
from sources.model import Forged
from sources.proof import digest, require
from tests.unit.sources.examples import example

SECRET = "example-secret-do-not-use"
SIGNED_AT = datetime(2026, 7, 1, 18, 30, 3, tzinfo=UTC)
TIKTOK_AT = int(SIGNED_AT.timestamp())


@dataclass(frozen=True, slots=True)
class Signed:
    """A request that its source signed at SIGNED_AT."""

    source: ModuleType
    headers: Mapping[str, str]
    body: bytes
    secret: str = SECRET

    def verify(
        self,
        *,
        secrets: tuple[str, ...] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        now: datetime = SIGNED_AT,
    ) -> None:
        self.source.verify(
            (self.secret,) if secrets is None else secrets,
            self.headers if headers is None else headers,
            self.body if body is None else body,
            now=now,
        )


# the signatures of all but TikTok were made by another program
REQUESTS = {
    "meta": Signed(
        notifications,
        {
            "x-hub-signature-256": (
                "sha256=3e4bad454217ae9898d533472935cefc39e22f02a97e11cbc8a755466492c4f5"
            )
        },
        example("meta-webhook.json"),
    ),
    "meta, a batch": Signed(
        notifications,
        {
            "x-hub-signature-256": (
                "sha256=28a9990afd66e7aff93f0d96e838d563dc3332c84a5504e3352326073ed56906"
            )
        },
        example("meta-batch.json"),
    ),
    "typeform": Signed(
        typeform,
        {"typeform-signature": "sha256=bUL4YiR605fre6IRHGexZEyvqk/sW8cikujosqOFWs4="},
        example("typeform.json"),
    ),
    "tally, the bytes": Signed(
        tally,
        {"tally-signature": "qxMSrQupj6woAFeODyQIyF4Nytm46RlugnRDgBsAgbg="},
        example("tally.json"),
    ),
    "tally, without blanks": Signed(
        tally,
        {"tally-signature": "QmAQ5Aie25nFUck0nqPzfbV1ecrfLeZmwVrGGjAlhAU="},
        example("tally.json"),
    ),
    "webflow": Signed(
        webflow,
        {
            "x-webflow-timestamp": "1782930603000",
            "x-webflow-signature": (
                "12fa1ee69da054df90d92a37a03988599499e58f284c5b2c86d95f0a11520d25"
            ),
        },
        example("webflow.json"),
    ),
    "tiktok": Signed(
        tiktok,
        {
            "tiktok-signature": f"t={TIKTOK_AT},s="
            + digest(SECRET, f"{TIKTOK_AT}.".encode() + example("tiktok.json")).hex()
        },
        example("tiktok.json"),
    ),
    "google": Signed(google, {}, example("google.json"), secret="example-google-key"),
}
each_source = pytest.mark.parametrize("request_of", REQUESTS.values(), ids=REQUESTS)


@each_source
def test_the_sources_own_request_is_accepted(request_of: Signed) -> None:
    request_of.verify()


@each_source
def test_the_older_of_two_secrets_is_accepted(request_of: Signed) -> None:
    request_of.verify(secrets=("the-newer-secret", request_of.secret))


@pytest.mark.parametrize("secrets", [(), ("",), ("another-secret",), ("", "another-secret")])
@each_source
def test_a_request_of_a_stranger_is_refused(request_of: Signed, secrets: tuple[str, ...]) -> None:
    with pytest.raises(Forged):
        request_of.verify(secrets=secrets)


@pytest.mark.parametrize("place", [0, 1 / 3, 1 / 2, 0.9])
@each_source
def test_a_changed_byte_of_the_body_is_noticed(request_of: Signed, place: float) -> None:
    changed = bytearray(request_of.body)
    at = int(place * len(changed))
    if request_of.source is google:  # of its body, only the key is a proof
        at = request_of.body.index(request_of.secret.encode())
    changed[at] ^= 1

    with pytest.raises(Forged):
        request_of.verify(body=bytes(changed))


@each_source
def test_a_changed_or_missing_header_is_noticed(request_of: Signed) -> None:
    for name, value in request_of.headers.items():
        digit = "0" if value[-2] != "0" else "1"
        for wrong in ("", f"{value[:-2]}{digit}{value[-1]}", value[:-1], "\u00e9\udcff"):
            with pytest.raises(Forged):
                request_of.verify(headers={**request_of.headers, name: wrong})
        others = {other: text for other, text in request_of.headers.items() if other != name}
        with pytest.raises(Forged):
            request_of.verify(headers=others)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b'"x"'])
@each_source
def test_any_other_body_is_refused(request_of: Signed, body: bytes) -> None:
    with pytest.raises(Forged):
        request_of.verify(body=body)


@pytest.mark.parametrize(
    ("name", "longest"),
    [("webflow", timedelta(minutes=5)), ("tiktok", timedelta(hours=73))],
)
def test_a_request_signed_at_another_time_is_refused(name: str, longest: timedelta) -> None:
    request_of = REQUESTS[name]

    for distance in (longest, -longest):
        request_of.verify(now=SIGNED_AT + distance)
    for distance in (longest + timedelta(seconds=1), -longest - timedelta(seconds=1)):
        with pytest.raises(Forged):
            request_of.verify(now=SIGNED_AT + distance)


def test_an_empty_secret_proves_nothing() -> None:
    with pytest.raises(Forged):
        require(("",), "", lambda secret: secret)


def test_tallys_body_may_come_with_escapes_that_it_did_not_sign() -> None:
    request_of = REQUESTS["tally, without blanks"]
    escaped = json.dumps(json.loads(request_of.body)).encode()

    request_of.verify(body=escaped)
