"""Reads a lead as Meta's Graph API describes it. Pure.

https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sources.model import Form
from sources.values import as_text, known, moment, objects

FIELDS = (
    "id,created_time,field_data,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,"
    "form_id,is_organic,platform,custom_disclaimer_responses"
)
_PLATFORMS = {"fb": "facebook", "ig": "instagram"}
# no field says so: https://developers.facebook.com/docs/marketing-api/guides/lead-ads/testing
_DUMMY = re.compile(r"<test lead", re.IGNORECASE)
_TEST_ADDRESSES = {"test@meta.com", "test@fb.com"}


def read(lead: Mapping[str, Any]) -> Form:
    """Returns the lead's form, with what was ticked as consent."""
    fields = {
        as_text(answer.get("name")): _answer(answer.get("values"))
        for answer in objects(lead.get("field_data"))
    }
    ticks = {
        as_text(tick.get("checkbox_key")): _is_ticked(tick.get("is_checked"))
        for tick in objects(lead.get("custom_disclaimer_responses"))
    }
    platform = as_text(lead.get("platform"))
    return Form(
        source="meta",
        fields=fields | {name: ticked for name, ticked in ticks.items() if name not in fields},
        external_id=as_text(lead.get("id")),
        test=is_test(fields.values()),
        submitted_at=moment(lead.get("created_time")),
        attribution=known(
            platform=_PLATFORMS.get(platform, platform),
            form_id=lead.get("form_id"),
            ad_id=lead.get("ad_id"),
            ad_name=lead.get("ad_name"),
            adset_id=lead.get("adset_id"),
            adset_name=lead.get("adset_name"),
            campaign_id=lead.get("campaign_id"),
            campaign_name=lead.get("campaign_name"),
        ),
        hints=dict.fromkeys(ticks, "consent"),
    )


def is_test(values: Iterable[object]) -> bool:
    """Returns whether the values are those of Meta's test leads."""
    texts = [value.strip() for value in values if isinstance(value, str)]
    return any(_DUMMY.match(text) or text.lower() in _TEST_ADDRESSES for text in texts)


def _answer(values: object) -> object:
    """Returns the answer. Meta lists it, even where it can only be one."""
    if isinstance(values, list):
        return as_text(values[0]) if len(values) == 1 else [as_text(value) for value in values]
    return as_text(values)


def _is_ticked(value: object) -> bool:
    """Returns whether the box was ticked. It is `"1"` or `""`, or a boolean."""
    return as_text(value).lower() in ("1", "true")
