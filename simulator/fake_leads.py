"""Somebody plausible who has not been here before."""

import secrets
import unicodedata

FIRST = (
    "Mariana",
    "Luis",
    "Fernanda",
    "Diego",
    "Ximena",
    "Jorge",
    "Paola",
    "Rodrigo",
    "Daniela",
    "Emilio",
)
LAST = (
    "Hernández",
    "Treviño",
    "Ramírez",
    "Núñez",
    "Cantú",
    "Salazar",
    "Ibarra",
    "Peña",
    "Escobedo",
    "Villarreal",
)
COMPANIES = (
    *("Café La Colmena", "Dental Roma Norte", "Refacciones del Bajío", "Muebles Encino"),
    *("Grupo Altavista", "Clínica Santa Fe", "Transportes Lince", "Panadería El Molino"),
)
SERVICES = (
    "Automatización de ventas",
    "Agente de IA para WhatsApp",
    "Integración con el CRM",
    "Consultoría de IA",
)
SOURCES = ("Facebook Ads", "Google", "Instagram", "Recomendación", "LinkedIn")


def make_newcomer() -> dict[str, str]:
    """A form filled in. The number has no fate of its own: its last four digits never begin with 00."""
    first, last, mother = secrets.choice(FIRST), secrets.choice(LAST), secrets.choice(LAST)
    stem, tail = 2000 + secrets.randbelow(7000), 1000 + secrets.randbelow(9000)
    return {
        "nombre": f"{first} {last} {mother}",
        "email": f"{_plain(first)}.{_plain(last)}{secrets.randbelow(10_000):04}@example.com",
        "telefono": f"+52 55 {stem} {tail}",
        "empresa": secrets.choice(COMPANIES),
        "servicio": secrets.choice(SERVICES),
        "fuente": secrets.choice(SOURCES),
    }


def _plain(name: str) -> str:
    return unicodedata.normalize("NFD", name.lower()).encode("ascii", "ignore").decode()
