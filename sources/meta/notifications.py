"""Meta's notifications, which name leads by id only.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sources.model import Forged
from sources.proof import digest, require
from sources.reading import read_object
from sources.values import as_text, mapping, moment, objects


@dataclass(frozen=True, slots=True)
class LeadNotice:
    """A lead that can be fetched. `ad_id` is empty for a lead that came without an ad."""

    leadgen_id: str
    page_id: str
    form_id: str
    ad_id: str
    created_at: datetime | None


def challenge(query: Mapping[str, str], verify_token: str) -> str:
    """Returns the answer to Meta's question whether the address is ours. Raises Forged."""
    given = query.get("hub.verify_token", "")
    known = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), verify_token.encode())
    if not verify_token or not known or query.get("hub.mode") != "subscribe":
        raise Forged
    return query.get("hub.challenge", "")


def verify(
    secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes, *, now: datetime
) -> None:
    """Raises Forged unless `X-Hub-Signature-256` signs the body."""
    given = headers.get("x-hub-signature-256", "")
    require(secrets, given, lambda secret: f"sha256={digest(secret, body).hex()}")


def read(body: bytes) -> list[LeadNotice]:
    """Returns each lead once. Changes of other kinds come among them. Raises Unreadable.

    Ids are numbers or texts.
    """
    notices: dict[str, LeadNotice] = {}
    for entry in objects(read_object(body).get("entry")):
        for change in objects(entry.get("changes")):
            value = mapping(change.get("value"))
            leadgen_id = as_text(value.get("leadgen_id"))
            if change.get("field") == "leadgen" and leadgen_id:
                notice = LeadNotice(
                    leadgen_id=leadgen_id,
                    page_id=as_text(value.get("page_id") or entry.get("id")),
                    form_id=as_text(value.get("form_id")),
                    ad_id=as_text(value.get("ad_id")),
                    created_at=moment(value.get("created_time")),
                )
                notices.setdefault(leadgen_id, notice)
    return list(notices.values())
