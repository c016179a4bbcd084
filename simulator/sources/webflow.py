"""Simulates Webflow, whose webhook is signed where it was made by the API.

https://developers.webflow.com/data/docs/working-with-webhooks
"""

import hmac
import time
from collections.abc import Mapping

from simulator.sources.filled_in import SignedRequest, as_dialled, compact, new_id, timestamp

LABELS = {"nombre": "Nombre", "email": "Correo", "telefono": "Telefono", "empresa": "Empresa"}


def write(answers: Mapping[str, str], secret: str) -> SignedRequest:
    """Returns the webhook of a form. Webflow writes a phone as a number, without the plus sign."""
    submission_id = new_id(24)
    data: dict[str, object] = {
        LABELS.get(name, name): answer for name, answer in answers.items() if answer
    }
    if answers.get("telefono"):
        data["Telefono"] = int(as_dialled(answers["telefono"]).removeprefix("+"))
    body = compact(
        {
            "triggerType": "form_submission",
            "payload": {
                "name": "Contacto",
                "siteId": "65427cf400e02b306eaa049c",
                "data": data,
                "schema": [
                    {"fieldName": name, "fieldType": "FormTextInput", "fieldElementId": new_id()}
                    for name in data
                ],
                "submittedAt": timestamp(),
                "id": submission_id,
                "formId": "65429eadebe8a9f3a30f62d0",
                "formElementId": "4e038d2c-6a1e-4953-7be9-a59a2b453177",
            },
        }
    )
    now = str(int(time.time() * 1000))
    signature = hmac.new(secret.encode(), f"{now}:".encode() + body, "sha256").hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Webflow-Timestamp": now,
        "X-Webflow-Signature": signature,
    }
    return SignedRequest(submission_id, body, headers)
