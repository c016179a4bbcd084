"""TikTok instant forms: the signature, and the answers.

Of a lead's notification only the ids around the answers are documented, so that the answers are
read in whatever shape they come, as those of any form:
https://developers.tiktok.com/doc/webhooks-verification
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sources.flattening import flattened
from sources.model import Forged, Form, Unreadable
from sources.proof import digest, require
from sources.reading import read_json, read_object
from sources.values import as_text, known, mapping, moment, objects

OLDEST = timedelta(hours=73)  # TikTok repeats a notification for 72 hours
_ATTRIBUTION = {
    "ad_id": "ad_id",
    "ad_name": "ad_name",
    "adgroup_id": "adset_id",
    "adgroup_name": "adset_name",
    "campaign_id": "campaign_id",
    "campaign_name": "campaign_name",
    "page_id": "form_id",
}
_OTHER_IDS = {"id", "lead_id", "lead_source", "advertiser_id", "library_id", "create_time"}
_TEST_MARKS = {"is_test", "test", "is_mock"}
_NOT_ANSWERS = _OTHER_IDS | _TEST_MARKS | _ATTRIBUTION.keys()


def verify(
    secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes, *, now: datetime
) -> None:
    """Raises Forged unless `TikTok-Signature: t=…,s=…` signs the time and the body."""
    header = headers.get("tiktok-signature", "")
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    sent_at = moment(parts.get("t"))
    if sent_at is None or abs(now - sent_at) > OLDEST:
        raise Forged
    message = f"{parts['t']}.".encode() + body
    require(secrets, parts.get("s", ""), lambda secret: digest(secret, message).hex())


def read(body: bytes) -> list[Form]:
    """Returns the leads of a notification. The event may be JSON inside the text `content`."""
    event = read_object(body)
    content = event.get("content", event)
    if isinstance(content, str):
        content = read_json(content)
    inside = mapping(content)
    leads = objects(content) or objects(inside.get("leads")) or objects(inside.get("data"))
    leads = leads or [inside]
    forms = [_form(lead, event) for lead in leads]
    if not any(form.fields for form in forms):
        raise Unreadable("not_object")
    return forms


def _form(lead: Mapping[str, Any], event: Mapping[str, Any]) -> Form:
    answers = {name: value for name, value in lead.items() if name not in _NOT_ANSWERS}
    flat = flattened(answers)
    test = any(lead.get(mark) in (True, 1, "1", "true") for mark in _TEST_MARKS)
    return Form(
        source="tiktok",
        fields=flat.fields,
        external_id=as_text(lead.get("id") or lead.get("lead_id")),
        test=test,
        submitted_at=moment(lead.get("create_time") or event.get("create_time")),
        attribution=known(**{name: lead.get(key) for key, name in _ATTRIBUTION.items()}),
        hints=flat.hints,
    )
