"""The platforms that deliver leads to /webhooks/<name>: the proof of each, and its reader."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from sources import google, tally, tiktok, typeform, webflow
from sources.meta import notifications
from sources.model import Form


class Proof(Protocol):
    """Raises Forged unless a request proves by one of the secrets who sent it.

    The names of `headers` are in small letters.
    """

    def __call__(
        self, secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> None: ...


META = "meta"
GOOGLE = "google"
PROOFS: Mapping[str, Proof] = {
    META: notifications.verify,
    GOOGLE: google.verify,
    "tiktok": tiktok.verify,
    "typeform": typeform.verify,
    "tally": tally.verify,
    "webflow": webflow.verify,
}
# of Meta's leads, a notification names only the ids
READERS: Mapping[str, Callable[[bytes], list[Form]]] = {
    GOOGLE: google.read,
    "tiktok": tiktok.read,
    "typeform": typeform.read,
    "tally": tally.read,
    "webflow": webflow.read,
}
