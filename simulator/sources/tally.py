"""Simulates Tally, whose choices are ids that its options explain.

https://tally.so/help/webhooks
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
    "nombre": ("Nombre", "INPUT_TEXT"),
    "email": ("Correo", "INPUT_EMAIL"),
    "telefono": ("WhatsApp", "INPUT_PHONE_NUMBER"),
    "empresa": ("Empresa", "INPUT_TEXT"),
}


def write(answers: Mapping[str, str], secret: str) -> SignedRequest:
    """Returns the webhook of a response, with null for what was not answered."""
    response_id = new_id(8)
    shown = dict(answers)
    if shown.get("telefono"):
        shown["telefono"] = as_dialled(shown["telefono"])
    fields: list[dict[str, Any]] = [
        {
            "key": f"question_{number}",
            "label": label,
            "type": kind,
            "value": shown.get(name) or None,
        }
        for number, (name, (label, kind)) in enumerate(QUESTIONS.items())
    ]
    fields += [_choice(question, answer) for question, answer in questions(shown).items()]
    fields.append(
        {
            "key": "question_hidden",
            "label": "utm_source",
            "type": "HIDDEN_FIELDS",
            "value": "facebook",
        }
    )
    body = compact(
        {
            "eventId": new_id(),
            "eventType": "FORM_RESPONSE",
            "createdAt": timestamp(),
            "data": {
                "responseId": response_id,
                "submissionId": response_id,
                "respondentId": new_id(8),
                "formId": "XxA4WO",
                "formName": "Cotización oficinas",
                "createdAt": timestamp(),
                "fields": fields,
            },
        }
    )
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {"Content-Type": "application/json", "Tally-Signature": signature}
    return SignedRequest(response_id, body, headers)


def _choice(question: str, answer: str) -> dict[str, Any]:
    option = {"id": new_id(), "text": answer}
    return {
        "key": f"question_{new_id(6)}",
        "label": question,
        "type": "MULTIPLE_CHOICE",
        "value": [option["id"]],
        "options": [option],
    }
