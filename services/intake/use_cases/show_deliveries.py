"""Shows what sources delivered: the raw body, what it was read as, and what came of it."""

import asyncpg

from contracts.api.submissions import Delivery, DeliveryDetail
from services.intake.deps import Deps
from services.intake.platforms import META, read_delivery
from services.intake.repositories import deliveries
from sources import trial
from sources.mapping import suggested
from sources.model import Form, Unreadable
from sources.values import as_text

LONGEST_BODY = 64 * 1024
ONE = 1


async def list_deliveries(deps: Deps, *, source: str | None, limit: int) -> list[Delivery]:
    rows = await deliveries.listed(deps.database, source=source, limit=limit)
    return [Delivery(**_fields(row)) for row in rows]


async def show_delivery(delivery_id: int, deps: Deps) -> DeliveryDetail | None:
    rows = await deliveries.listed(deps.database, source=None, delivery_id=delivery_id, limit=ONE)
    if not rows:
        return None
    [row] = rows
    content_type, kept = await deliveries.body_of(deps.database, delivery_id)
    body = kept or b""
    return DeliveryDetail(
        **_fields(row),
        body=body.decode("utf-8", "replace")[:LONGEST_BODY],
        mapping=tuple(await _mapping(row, content_type, body, deps)),
    )


def _fields(row: asyncpg.Record) -> dict[str, object]:
    return {
        "delivery_id": row["delivery_id"],
        "source": row["source"],
        "received_at": row["received_at"],
        "state": row["state"],
        "outcome": row["outcome"],
        "lead_ids": tuple(row["submission_ids"]),
    }


async def _mapping(
    row: asyncpg.Record, content_type: str, body: bytes, deps: Deps
) -> list[dict[str, str]]:
    """Returns each field with its value, and the field of the card that it goes to."""
    stored = await deliveries.fields_of(deps.database, row["submission_ids"])
    forms = [Form(source=source, fields=fields) for source, fields in stored]
    if not forms:
        forms = _read(row["source"], content_type, body)
    lines: list[dict[str, str]] = []
    for form in forms:
        hints = {**suggested(form.fields), **form.hints}
        known = {**hints, **deps.overrides.of(form.source, form.attribution.get("form_id", ""))}
        lines += [
            {"field": name, "value": as_text(value), "card": known.get(name, "")}
            for name, value in form.fields.items()
        ]
    return lines


def _read(source: str, content_type: str, body: bytes) -> list[Form]:
    if source == META and content_type != trial.CONTENT_TYPE:
        return []
    try:
        return read_delivery(source, content_type, body)
    except Unreadable:
        return []
