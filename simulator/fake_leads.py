"""Invents plausible new leads."""

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
    "Café La Colmena",
    "Dental Roma Norte",
    "Refacciones del Bajío",
    "Muebles Encino",
    "Grupo Altavista",
    "Clínica Santa Fe",
    "Transportes Lince",
    "Panadería El Molino",
)
SERVICES = (
    "Automatización de ventas",
    "Agente de IA para WhatsApp",
    "Integración con el CRM",
    "Consultoría de IA",
)
SOURCES = ("Facebook Ads", "Google", "Instagram", "Recomendación", "LinkedIn")


def make_fake_lead() -> dict[str, str]:
    """Returns a filled-in form.

    The number has no fate of its own, because its last four digits never begin with 00.
    """
    first = secrets.choice(FIRST)
    last = secrets.choice(LAST)
    second_last = secrets.choice(LAST)
    stem = 2000 + secrets.randbelow(7000)
    tail = 1000 + secrets.randbelow(9000)
    return {
        "nombre": f"{first} {last} {second_last}",
        "email": f"{_plain(first)}.{_plain(last)}{secrets.randbelow(10_000):04}@example.com",
        "telefono": f"+52 55 {stem} {tail}",
        "empresa": secrets.choice(COMPANIES),
        "servicio": secrets.choice(SERVICES),
        "fuente": secrets.choice(SOURCES),
    }


def _plain(name: str) -> str:
    return unicodedata.normalize("NFD", name.lower()).encode("ascii", "ignore").decode()
