"""The OpenAPI description of POST /api/lead and /api/lead/<key>, which FastAPI does not see."""

from collections.abc import Mapping
from typing import Any

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
_FIELDS = {
    "nombre": "The person's name",
    "email": "Where they are written to",
    "telefono": "Where they are called, with or without the country's code",
    "empresa": "The company they work for",
    "servicio": "What they ask about",
    "fuente": "Where they come from",
    "zona_horaria": "Their time zone, such as America/Monterrey",
    "consentimiento": "What they agreed to",
}
_LEAD = {
    "type": "object",
    "description": (
        "The usual names; others are understood in Spanish, English and Portuguese. A field of any "
        "other name is kept. One of the two ways to answer is required."
    ),
    "anyOf": [{"required": ["email"]}, {"required": ["telefono"]}],
    "properties": {name: {"description": text} for name, text in _FIELDS.items()},
    "additionalProperties": True,
    "example": {
        "nombre": "Ana",
        "email": "ana@empresa.com",
        "telefono": "8112345678",
        "fuente": "LinkedIn Ads",
    },
}
_ENCODINGS = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
_SOURCE_KEY = {
    "name": "X-Source-Key",
    "in": "header",
    "description": "The source's key, where it is not in the path",
    "schema": {"type": "string"},
}
_PROBLEMS = {
    "400": "The body cannot be read",
    "401": "No source has this key",
    "409": "The Idempotency-Key was used with another body",
    "413": "Over 64 KB",
    "422": "No usable phone and no usable email, or a bad Idempotency-Key",
    "429": "Far too many from one address",
    "503": "Not stored; try again",
}
_KEY = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}


def describe_lead_routes() -> dict[str, Any]:
    """Returns the path items of the door without a key, and with one."""
    with_key = _describe("post_lead_of_source", "A lead, from a source with a key", _KEY)
    return {
        "/api/lead": _describe("post_lead", "A lead, from a form", _SOURCE_KEY),
        "/api/lead/{key}": with_key,
    }


def _describe(operation: str, summary: str, key: Mapping[str, Any]) -> dict[str, Any]:
    page = {"schema": {"type": "string"}}
    refused = {"application/json": {"schema": _FIELD_ERRORS}, "text/html": page}
    problems = {
        status: {"description": text, "content": refused} for status, text in _PROBLEMS.items()
    }
    accepted = {
        "type": "object",
        "required": ["ok"],
        "properties": {"ok": {"const": True}, "lead_id": {"type": "integer"}},
    }
    return {
        "post": {
            "operationId": operation,
            "summary": summary,
            "parameters": [_IDEMPOTENCY_KEY, key],
            "requestBody": {
                "required": True,
                "content": {kind: {"schema": _LEAD} for kind in _ENCODINGS},
            },
            "responses": {
                "200": {
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
