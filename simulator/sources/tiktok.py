"""Simulates TikTok's instant forms. The event is a JSON text inside the body.

https://developers.tiktok.com/doc/webhooks-verification
"""

import hmac
import json
import time
from collections.abc import Mapping

from simulator.sources.filled_in import SignedRequest, as_dialled, compact, new_id, questions

NAMES = {"nombre": "name", "email": "email", "telefono": "phone_number", "empresa": "company_name"}


def write(answers: Mapping[str, str], secret: str, *, test: bool = False) -> SignedRequest:
    """Returns the webhook of an instant form. A mock lead says so in its source."""
    lead_id = f"7{int(new_id(14), 16):018}"[:19]
    now = int(time.time())
    known = {NAMES[name]: answers[name] for name in NAMES if answers.get(name)}
    if "phone_number" in known:
        known["phone_number"] = as_dialled(known["phone_number"])
    content = {
        "id": lead_id,
        "lead_source": "MOCK" if test else "INSTANT_FORM",
        "is_test": test,
        "page_id": "7300000000000000001",
        "page_name": "Cotización",
        "advertiser_id": "7200000000000000001",
        "campaign_id": "1780000000000010",
        "campaign_name": "Oficinas MTY",
        "adgroup_id": "1780000000000011",
        "adgroup_name": "MTY 25-55",
        "ad_id": "1780000000000012",
        "ad_name": "Video 1",
        "create_time": now,
        "answers": [
            {"field": field, "value": value}
            for field, value in (known | questions(answers)).items()
        ],
    }
    body = compact(
        {
            "client_key": "example-client-key",
            "event": "lead.created",
            "create_time": now,
            "user_openid": "",
            "content": json.dumps(content, ensure_ascii=False),
        }
    )
    signed = f"{now}.".encode() + body
    signature = hmac.new(secret.encode(), signed, "sha256").hexdigest()
    headers = {"Content-Type": "application/json", "TikTok-Signature": f"t={now},s={signature}"}
    return SignedRequest(lead_id, body, headers)
