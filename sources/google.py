"""Google Ads lead forms: the key in the body, and the answers.

https://developers.google.com/google-ads/webhook/docs/implementation
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from pydantic_core import to_json

from sources.model import Forged, Form, Unreadable
from sources.proof import require
from sources.reading import read_object
from sources.values import as_text, known, moment, objects

_COLUMNS = {
    "FULL_NAME": "name",
    "FIRST_NAME": "first_name",
    "LAST_NAME": "last_name",
    "EMAIL": "email",
    "WORK_EMAIL": "email",
    "PHONE_NUMBER": "phone",
    "WORK_PHONE": "phone",
    "COMPANY_NAME": "company",
}
_KEY = "google_key"


def verify(
    secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes, *, now: datetime
) -> None:
    """Raises Forged unless the body holds one of our keys. Google signs nothing."""
    try:
        given = as_text(read_object(body).get(_KEY))
    except Unreadable:
        raise Forged from None
    require(secrets, given, lambda key: key)


def without_key(body: bytes) -> bytes:
    """Returns the body as it may be stored: without our key."""
    with suppress(Unreadable):
        return to_json({name: v for name, v in read_object(body).items() if name != _KEY})
    return b""


def read(body: bytes) -> list[Form]:
    """Returns the lead. A test has no id, because Google gives each the same."""
    lead = read_object(body)
    fields: dict[str, object] = {}
    hints: dict[str, str] = {}
    for place, column in enumerate(objects(lead.get("user_column_data")), 1):
        column_id = as_text(column.get("column_id"))
        name = as_text(column.get("column_name")) or column_id or f"column {place}"
        if name in fields:
            name = f"{name} ({column_id or place})"
        fields[name] = column.get("string_value")
        if column_id in _COLUMNS:
            hints[name] = _COLUMNS[column_id]
    test = lead.get("is_test") in (True, "true")
    return [
        Form(
            source="google",
            fields=fields,
            external_id="" if test else as_text(lead.get("lead_id")),
            test=test,
            submitted_at=moment(lead.get("lead_submit_time")),
            attribution=known(
                gclid=lead.get("gcl_id"),
                form_id=lead.get("form_id"),
                campaign_id=lead.get("campaign_id"),
                adset_id=lead.get("adgroup_id") or lead.get("asset_group_id"),
                ad_id=lead.get("creative_id"),
            ),
            hints=hints,
        )
    ]
