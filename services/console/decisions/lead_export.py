"""A lead as one row of a table, under the names that forms use."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.console.decisions.leads import Lead

LEAD_COLUMNS = (
    *(
        "lead_id",
        "llegada",
        "nombre",
        "email",
        "telefono",
        "otros",
        "empresa",
        "servicio",
        "fuente",
        "estado",
        "paso",
    ),
    *("llamada_en_segundos", "contacto", "agendado", "reunion", "kommo_id"),
    *("utm_source", "utm_medium", "utm_campaign"),
)


def exported(lead: Lead, zone: str) -> dict[str, Any]:
    """The columns of LEAD_COLUMNS; times are the business's own, without their zone, as spreadsheets read them."""
    return {
        "lead_id": lead.lead_id,
        "llegada": _local(lead.accepted_at, zone),
        "nombre": lead.name,
        "email": lead.email,
        "telefono": lead.phone or lead.unusable_phone,
        "otros": " ".join(lead.further),
        "empresa": lead.company,
        "servicio": lead.service,
        "fuente": lead.source,
        "estado": str(lead.state),
        "paso": lead.step,
        "llamada_en_segundos": None if lead.waited is None else round(lead.waited, 2),
        "contacto": _local(lead.reached_at, zone),
        "agendado": _local(lead.booked_at, zone),
        "reunion": _local(lead.meets_at, zone),
        "kommo_id": lead.kommo_lead_id,
        **{
            name: lead.fields.get(name, "") for name in ("utm_source", "utm_medium", "utm_campaign")
        },
    }


def _local(at: datetime | None, zone: str) -> str:
    return "" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
