"""Webflow: the signature, and the answers.

https://developers.webflow.com/data/docs/working-with-webhooks
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sources.field_names import attribution_of
from sources.model import Forged, Form
from sources.proof import digest, require
from sources.reading import read_object
from sources.values import as_text, known, mapping, moment

OLDEST = timedelta(minutes=5)


def verify(
    secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes, *, now: datetime
) -> None:
    """Raises Forged unless `x-webflow-signature` signs the body and a time close to now."""
    written = headers.get("x-webflow-timestamp", "")
    sent_at = moment(written)
    if sent_at is None or abs(now - sent_at) > OLDEST:
        raise Forged
    message = f"{written}:".encode() + body
    given = headers.get("x-webflow-signature", "")
    require(secrets, given, lambda secret: digest(secret, message).hex())


def read(body: bytes) -> list[Form]:
    """Returns the submission; none for another event."""
    return read_event(read_object(body))


def read_event(event: Mapping[str, Any]) -> list[Form]:
    """Returns what `read` does, of a body that was read already."""
    if event.get("triggerType") != "form_submission":
        return []
    submission = mapping(event.get("payload"))
    fields = mapping(submission.get("data"))
    names = known(
        form_id=submission.get("formId"),
        form_name=submission.get("name"),
        page=submission.get("publishedPath"),
    )
    return [
        Form(
            source="webflow",
            fields=fields,
            external_id=as_text(submission.get("id")),
            submitted_at=moment(submission.get("submittedAt")),
            attribution=attribution_of(fields) | names,
        )
    ]
