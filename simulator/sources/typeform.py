"""Simulates Typeform.

https://www.typeform.com/developers/webhooks/secure-your-webhooks/
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Any

from simulator.sources.filled_in import (
    SignedRequest,
    as_dialled,
    compact,
    new_id,
    questions,
    timestamp,
)

QUESTIONS = {
    "nombre": ("¿Cómo te llamas?", "short_text", "text"),
    "email": ("¿Tu correo?", "email", "email"),
    "telefono": ("¿Tu WhatsApp?", "phone_number", "phone_number"),
    "empresa": ("¿Tu empresa?", "short_text", "text"),
}
# https://help.typeform.com/hc/en-us/articles/360029573471: what "Send test request" sends
TEST_ANSWERS = {
    "nombre": "Lorem ipsum dolor",
    "email": "an_account@example.com",
    "telefono": "+34123456789",
}


def write(answers: Mapping[str, str], secret: str, *, test: bool = False) -> SignedRequest:
    """Returns the webhook of a response. A question that was not answered has no answer in it."""
    token = new_id()
    shown = TEST_ANSWERS if test else dict(answers)
    if shown.get("telefono"):
        shown["telefono"] = as_dialled(shown["telefono"])
    asked = QUESTIONS | {
        question: (f"¿{question.capitalize()}?", "long_text", "text")
        for question in questions(shown)
    }
    fields = [
        {"id": f"Q{number:011}", "title": title, "type": kind, "ref": f"pregunta-{number}"}
        for number, (title, kind, _) in enumerate(asked.values())
    ]
    given: list[dict[str, Any]] = []
    for field, (name, (_, kind, member)) in zip(fields, asked.items(), strict=True):
        if shown.get(name):
            place = {"id": field["id"], "type": kind, "ref": field["ref"]}
            given.append({"type": member, member: shown[name], "field": place})
    body = compact(
        {
            "event_id": new_id(26).upper(),
            "event_type": "form_response",
            "form_response": {
                "form_id": "lT4Z3j",
                "token": token,
                "landed_at": timestamp(),
                "submitted_at": timestamp(),
                "hidden": {"utm_source": "instagram", "utm_campaign": "mty-oficinas"},
                "calculated": {"score": 7},
                "definition": {"id": "lT4Z3j", "title": "Cotización oficinas", "fields": fields},
                "answers": given,
                "ending": {"id": "DefaultTyScreen", "ref": "default_tys"},
            },
        }
    )
    digest = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {"Content-Type": "application/json", "Typeform-Signature": f"sha256={digest}"}
    return SignedRequest(token, body, headers)
