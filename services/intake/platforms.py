"""The platforms that deliver leads to /webhooks/<name>: the proof of each, and its reader."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from sources import google, tally, tiktok, trial, typeform, webflow
from sources.form import read_form
from sources.meta import notifications
from sources.model import Form
from sources.reading import read_body


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
# a notification of Meta's names the leads only by their ids
READERS: Mapping[str, Callable[[bytes], list[Form]]] = {
    GOOGLE: google.read,
    "tiktok": tiktok.read,
    "typeform": typeform.read,
    "tally": tally.read,
    "webflow": webflow.read,
}


def read_delivery(source: str, content_type: str, body: bytes) -> list[Form]:
    """Returns the forms in a body, of a platform's words or of any form's. Raises Unreadable."""
    if content_type == trial.CONTENT_TYPE:
        return [trial.read(source, body)]
    if source in READERS:
        return READERS[source](body)
    return [replace(read_form(read_body(content_type, body)), source=source)]
