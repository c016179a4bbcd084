"""The shipped texts, and values that fill them in."""

from pathlib import Path

from domain.journey.parser import templates_in

TEMPLATES = Path(__file__).parents[4] / "deploy" / "templates"


FACTS = {
    "name": "Ana <b>Torres</b>",
    "first_name": "Ana",
    "company": "Demo SA",
    "service": "Consultoría IA",
    "booking_url": "https://cal.com/x?a=1&b=2",
    "unsubscribe_url": "https://example.com/baja/1.x",
    "business": "Demo & Cía",
    "contact": "Av. Siempre Viva 1, Monterrey",
    "advisor": "Javier",
    "resource_url": "",
    "survey_url": "",
    "material_url": "",
    "meeting_when": "jueves 12 de febrero a las 11:00 a.m.",
    "meeting_url": "https://v.example.com/1",
    "meeting_at": "el jueves 12 de febrero a las 11:00 a.m.",
    "meeting_how": "entra en https://v.example.com/1",
    "meeting_title": "Asesoría",
    "other_meeting": "",
    "other_meeting_when": "",
}


KNOWN = templates_in(TEMPLATES, "es-MX")
