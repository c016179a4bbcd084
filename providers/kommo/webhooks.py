"""Reads Kommo's webhooks about leads: unsigned forms whose keys nest in brackets, as in PHP.

https://developers.kommo.com/docs/webhooks-general
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from providers.kommo.models import Change

_KEY = re.compile(
    r"leads\[(status|update|delete)\]\[([0-9]{1,9})\]"
    r"\[(id|status_id|old_status_id|pipeline_id|modified_user_id)\]"
)
_NUMBER = re.compile(r"[0-9]{1,18}")


def read_changes(body: bytes) -> list[Change]:
    """Returns the changes in a webhook's body, in its order.

    An update counts only where it changes the stage.
    """
    entries: dict[tuple[str, str], dict[str, int]] = {}
    for key, value in parse_qsl(body.decode(errors="replace")):
        named = _KEY.fullmatch(key)
        if named and _NUMBER.fullmatch(value):
            action, place, name = named.groups()
            entries.setdefault((action, place), {})[name] = int(value)
    return [
        _change(action, lead) for (action, _), lead in entries.items() if _is_relevant(action, lead)
    ]


def _is_relevant(action: str, lead: Mapping[str, int]) -> bool:
    if not lead.get("id"):
        return False
    if action == "update":
        has_both = {"status_id", "old_status_id"} <= lead.keys()
        return has_both and lead["status_id"] != lead["old_status_id"]
    return action == "delete" or "status_id" in lead


def _change(action: str, lead: Mapping[str, int]) -> Change:
    return Change(
        lead["id"],
        lead.get("status_id"),
        lead.get("pipeline_id"),
        deleted=action == "delete",
        by=lead.get("modified_user_id"),
    )
