"""Turns a lead into one row of a spreadsheet, under the field names that forms use."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.console.decisions.leads import Lead

LEAD_COLUMNS = (
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
    "llamada_en_segundos",
    "contacto",
    "agendado",
    "reunion",
    "kommo_id",
    "utm_source",
    "utm_medium",
    "utm_campaign",
)


def exported(lead: Lead, zone: str) -> dict[str, Any]:
    """Returns the values of LEAD_COLUMNS.

    Times are in the business's zone and do not name it, because spreadsheets read them so.
    """
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
        "utm_source": lead.came_by("utm_source"),
        "utm_medium": lead.came_by("utm_medium"),
        "utm_campaign": lead.came_by("utm_campaign"),
    }


def _local(at: datetime | None, zone: str) -> str:
    return "" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
