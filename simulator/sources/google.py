"""Simulates Google Ads, which repeats the lead form's key inside the body and signs nothing.

https://developers.google.com/google-ads/webhook/docs/implementation
"""

import json
from collections.abc import Mapping

from simulator.sources.filled_in import SignedRequest, as_dialled, new_id, questions, timestamp

# the button "Send test data" repeats this id at every press
TEST_ID = "TeSter-123-ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefghijklmnopqrstuvwxyz-0123456789"
TEST_ANSWERS = {
    "nombre": "FirstName LastName",
    "telefono": "1-650-555-0123",
    "email": "test@example.com",
}
COLUMNS = {
    "nombre": ("Full Name", "FULL_NAME"),
    "email": ("User Email", "EMAIL"),
    "telefono": ("User Phone", "PHONE_NUMBER"),
    "empresa": ("Company Name", "COMPANY_NAME"),
}


def write(answers: Mapping[str, str], key: str, *, test: bool = False) -> SignedRequest:
    """Returns the webhook of a lead form asset."""
    lead_id = TEST_ID if test else f"EXAMPLE-lead-{new_id(20)}"
    shown = TEST_ANSWERS if test else dict(answers)
    if not test and shown.get("telefono"):
        shown["telefono"] = as_dialled(shown["telefono"])
    columns = [
        {"column_name": label, "string_value": shown[name], "column_id": column_id}
        for name, (label, column_id) in COLUMNS.items()
        if shown.get(name)
    ]
    # a question of the advertiser's own has no constant as its id, and sometimes no name
    columns += [
        {"column_name": "", "string_value": answer, "column_id": question}
        for question, answer in questions(shown).items()
    ]
    body = {
        "lead_id": lead_id,
        "user_column_data": columns,
        "api_version": "1.0",
        "form_id": 40000000001,
        "campaign_id": 20000000001,
        "google_key": key,
        "is_test": test,
        "gcl_id": f"EXAMPLE-GCLID-{new_id(8)}",
        "adgroup_id": 30000000001,
        "creative_id": 50000000001,
        "asset_group_id": 0,
        "lead_stage": "",
        "lead_submit_time": timestamp(),
    }
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Google-Lead"}
    return SignedRequest(lead_id, json.dumps(body, ensure_ascii=False).encode(), headers)
