"""Measures what it costs to read a lead: its body, its form, and its card."""

import json
import time
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from contracts.events.lead import LeadCard
from sources.form import read_form
from sources.mapping import card_of
from sources.model import Form
from sources.reading import read_body

Sent = TypeVar("Sent")
BATCHES = 25
LEADS = 200  # in a batch
JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"


class Mapping:
    """Prints the processor's time for a lead of the seed's form, and of a builder's. No system."""

    system = None

    def __init__(self, row: Callable[..., None]) -> None:
        self._row = row

    async def run(self) -> None:
        plain = [(JSON, json.dumps(_fields(number)).encode()) for number in range(LEADS)]
        nested = [(URLENCODED, urlencode(_nested(number)).encode()) for number in range(LEADS)]
        for name, bodies in (("the seed's form", plain), ("Elementor's, nested", nested)):
            forms = [_form(body) for body in bodies]
            reading = _microseconds(_form, bodies)
            mapping = _microseconds(_card, forms)
            self._row(
                f"mapping of a lead, {name}",
                f"{mapping:.0f} µs",
                f"after {reading:.0f} µs for its body (aim: 100 µs)",
            )


def _form(body: tuple[str, bytes]) -> Form:
    return read_form(read_body(*body))


def _card(form: Form) -> LeadCard:
    card = card_of(form, region="MX")
    assert isinstance(card, LeadCard)
    return card


def _microseconds(work: Callable[[Sent], object], leads: Sequence[Sent]) -> float:
    """Returns the processor's time for one lead, in the fastest batch: others are disturbed."""
    found: list[float] = []
    for _ in range(BATCHES):
        began = time.process_time()
        for lead in leads:
            work(lead)
        found.append((time.process_time() - began) / len(leads))
    return min(found) * 1e6


def _fields(number: int) -> dict[str, str]:
    return {
        "nombre": f"Ana María Peña {number}",
        "email": f"ana.{number}@example.com",
        "telefono": f"81{number:08d}",
        "empresa": "Demo SA",
        "servicio": "Consultoría",
        "fuente": "Landing 1",
        "utm_source": "facebook",
        "utm_campaign": "verano",
        "consentimiento": "Acepto el aviso de privacidad",
    }


def _nested(number: int) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for place, (title, value) in enumerate(_fields(number).items()):
        pairs += [(f"fields[f{place}][title]", title), (f"fields[f{place}][value]", value)]
    return pairs
