"""The OpenAPI description of POST /api/lead, which FastAPI cannot generate for a plain route."""

from typing import Any

from sources.mapping import LIMITS

_FIELD_ERRORS = {
    "type": "object",
    "required": ["ok", "errors"],
    "properties": {
        "ok": {"const": False},
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_LEAD = {
    "type": "object",
    "required": ["nombre"],
    "anyOf": [{"required": ["email"]}, {"required": ["telefono"]}],
    "properties": {
        name: {"type": ["string", "number", "boolean", "null"], "maxLength": limit}
        for name, limit in LIMITS.items()
    },
    "additionalProperties": True,
    "example": {
        "nombre": "Ana",
        "email": "ana@empresa.com",
        "telefono": "8112345678",
        "fuente": "LinkedIn Ads",
    },
}
_PROBLEMS = {
    "400": "The body cannot be read",
    "409": "The Idempotency-Key was used with another body",
    "413": "Over 64 KB",
    "415": "Not one of the three encodings",
    "422": "Bad fields, all of them named",
    "429": "Too many from one address",
    "503": "Not stored; try again",
}


def describe_lead_route() -> dict[str, Any]:
    """Returns the path item of POST /api/lead."""
    page = {"schema": {"type": "string"}}
    refused = {"application/json": {"schema": _FIELD_ERRORS}, "text/html": page}
    problems = {
        status: {"description": text, "content": refused} for status, text in _PROBLEMS.items()
    }
    accepted = {
        "type": "object",
        "required": ["ok", "lead_id"],
        "properties": {"ok": {"const": True}, "lead_id": {"type": "integer"}},
    }
    return {
        "post": {
            "operationId": "post_lead",
            "summary": "A lead, from a form",
            "parameters": [
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "schema": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 255,
                        "pattern": "^[ -~]+$",
                    },
                },
            ],
            "requestBody": {
                "required": True,
                "content": {
                    kind: {"schema": _LEAD}
                    for kind in (
                        "application/json",
                        "application/x-www-form-urlencoded",
                        "multipart/form-data",
                    )
                },
            },
            "responses": {
                "202": {
                    "description": (
                        "Stored; a page for a browser that posted a form "
                        "and has no other to go on to"
                    ),
                    "content": {"application/json": {"schema": accepted}, "text/html": page},
                },
                "303": {"description": "Stored; a browser goes on to the thank-you page"},
            }
            | problems,
        }
    }
