"""pauta check: lists what prevents the system from starting, without starting anything."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from pydantic import ValidationError
from pydantic_settings import BaseSettings
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

import services.console.settings
import services.crm.settings
import services.intake.settings
import services.notify.settings
import services.scheduler.settings
from domain.journey.parser import InvalidJourney
from domain.journey.settings import JourneySettings, load_journey
from kit.production_safety import Fault, UnsafeConfiguration, refuse_unsafe
from kit.settings import ProcessSettings, SecretFileError, names_of
from pauta.credentials import NEEDED, SECRETS
from pauta.running.compose_file import PROJECT, in_production, read_recipes
from pauta.running.env_file import read_env_file
from pauta.setup import SetupSettings
from pauta.startup_errors import Obstacle
from sources.overrides import InvalidSources, load_overrides

SETTINGS: Mapping[str, type[ProcessSettings]] = {
    "setup": SetupSettings,
    "intake": services.intake.settings.Settings,
    "crm": services.crm.settings.Settings,
    "notify": services.notify.settings.Settings,
    "scheduler": services.scheduler.settings.Settings,
    "console": services.console.settings.Settings,
}
WORDS: Mapping[str, Mapping[str, Any]] = {
    "es": {
        "title": ("variable", "qué pasa", "qué hacer"),
        "well": "No falta nada. Arranca con `pauta up`.",
        "demo": "Este .env basta para la demostración. Para producción: `pauta secrets`",
        Fault.EXAMPLE: "tiene el valor de la demostración",
        Fault.SHORT: "tiene menos de 16 caracteres",
        Fault.EMPTY: "está vacía",
        Fault.NOT_HTTPS: "debe empezar con https://",
        Fault.DEMO_ONLY: "es solo para la demostración",
        "random": (
            "Pon un texto largo al azar; `pauta secrets` escribe un .env completo con todos."
        ),
        "account": "Pon tu propio valor: mira .env.example y el README.",
        "user": "`pauta console user NOMBRE` imprime el valor.",
        "file": "Pon ahí un archivo que el usuario 10001 pueda leer.",
        "journey": "Corrígelo; `pauta journey check` revisa solo este archivo.",
        "sources": "Corrígelo.",
        "value": "Corrígela en .env.",
        Obstacle.OTHER_ORIGIN: (
            "los datos de PostgreSQL se crearon con otra, como la de la demostración"
        ),
        Obstacle.DEMONSTRATION: (
            "aquí está la gente de la demostración, a la que ninguna cuenta real debe contactar"
        ),
        Obstacle.REAL_LEADS: (
            "aquí hay leads reales, a los que el simulador solo fingiría contactar"
        ),
        Obstacle.ANOTHER_COPY: "un proyecto con este nombre se arrancó en otra carpeta",
        "name": "Dale a esta copia un nombre y puertos propios en .env.",
        "former": "Pon la contraseña anterior, o borra los datos: `pauta down --forget`",
        "people": "Bórrala: `pauta down --forget`",
        "leads": (
            "Pon de nuevo PAUTA_PROFILE=production y SIMULATOR_REPLICAS=0, "
            "o bórralos: `pauta down --forget`"
        ),
    },
    "en": {
        "title": ("variable", "what is wrong", "what to do"),
        "well": "Nothing is missing. Start with `pauta up`.",
        "demo": "This .env is complete for the demo. For production, run `pauta secrets`.",
        "random": (
            "Set it to a long random text; `pauta secrets` writes a complete .env with all secrets."
        ),
        "account": "Set your own value: see .env.example and the README.",
        "user": "`pauta console user NAME` prints the value.",
        "file": "Put a file there that user 10001 can read.",
        "journey": "Correct it; `pauta journey check` checks only this file.",
        "sources": "Correct it.",
        "value": "Correct it in .env.",
        "name": "Give this copy its own name and ports in .env.",
        "former": "Restore the previous password, or delete the data: `pauta down --forget`",
        "people": "Delete them: `pauta down --forget`",
        "leads": (
            "Set PAUTA_PROFILE=production and SIMULATOR_REPLICAS=0 again, "
            "or delete the leads: `pauta down --forget`"
        ),
    },
}


OBSTACLES = {
    Obstacle.OTHER_ORIGIN: ("POSTGRES_PASSWORD", "former"),
    Obstacle.DEMONSTRATION: ("PAUTA_PROFILE", "people"),
    Obstacle.REAL_LEADS: ("PAUTA_PROFILE", "leads"),
    Obstacle.ANOTHER_COPY: ("COMPOSE_PROJECT_NAME", "name"),
}


@dataclass(frozen=True)
class Finding:
    """A problem with a variable of `.env` or a file, and the key of its remedy."""

    variable: str
    wrong: str
    remedy: str


def findings(variables: Mapping[str, str]) -> list[Finding]:
    """Returns each problem once, in the order in which the services start."""
    recipes = read_recipes(variables)
    found: dict[str, Finding] = {}
    for service, settings in SETTINGS.items():
        sources = _sources(service)
        files = _files_of(service) if in_production(variables) else {}
        with patch.dict(os.environ, {**recipes[service].environment, **files}, clear=True):
            for variable, wrong in _wrong(settings):
                name = sources.get(variable, variable)
                empty = name in (*NEEDED, *SECRETS) and not variables.get(name)
                problem = Fault.EMPTY if empty else wrong
                remedy = _remedy(name, problem, service)
                found.setdefault(name, Finding(name, problem, remedy))
    # if these are empty, Compose fills in the demo's values
    if in_production(variables):
        for name in NEEDED:
            if not variables.get(name):
                found.setdefault(name, Finding(name, Fault.EMPTY, _remedy(name, Fault.EMPTY)))
    return list(found.values())


def obstacles(log: str) -> list[Finding]:
    """Returns the obstacles that a log names."""
    return [
        Finding(variable, obstacle, remedy)
        for obstacle, (variable, remedy) in OBSTACLES.items()
        if obstacle in log
    ]


def show(found: Iterable[Finding], variables: Mapping[str, str], out: Console) -> bool:
    """Prints the table in the language of `.env`. Returns whether nothing is missing."""
    words = WORDS["en" if variables.get("PAUTA_LANGUAGE", "").startswith("en") else "es"]
    headers = [Column(title, overflow="fold") for title in words["title"]]
    table = Table(*headers, box=None, pad_edge=False)
    for finding in found:
        wrong = words.get(finding.wrong, str(finding.wrong))
        table.add_row(finding.variable, escape(str(wrong)), escape(str(words[finding.remedy])))
    if table.row_count:
        out.print(table)
        return False
    out.print(words["well" if in_production(variables) else "demo"])
    return True


def _sources(service: str) -> dict[str, str]:
    """Returns the variable of `.env` from which each of the service's variables comes."""
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    given = compose["services"][service]["environment"]
    named = {name: re.match(r"\$\{(\w+)", str(value)) for name, value in given.items()}
    return {name: found[1] for name, found in named.items() if found}


def _files_of(service: str) -> dict[str, str]:
    """Returns the service's secret files, which its container sees in `/run/secrets`."""
    folder = PROJECT / "secrets"
    given = read_env_file(folder / f"{service}.env")
    return {
        name: value.replace("/run/secrets", str(folder / service)) for name, value in given.items()
    }


def _wrong(settings: type[ProcessSettings]) -> Iterator[tuple[str, str]]:
    """Yields each variable of the environment with a problem, and the problem.

    One problem does not hide another: the faulty variables are removed and the rest checked again.
    """
    valid: ProcessSettings | None = None
    while valid is None:
        try:
            valid = settings()
        except SecretFileError as fault:
            faults = [(str(fault).partition(":")[0], str(fault).partition(": ")[2])]
        except ValidationError:
            faults = list(_invalid(settings))
        if valid is None:
            yield from faults
            if not [
                variable for variable, _ in faults if os.environ.pop(variable, None) is not None
            ]:
                return
    try:
        refuse_unsafe(valid)
    except UnsafeConfiguration as refused:
        yield from refused.faults
    if isinstance(valid, JourneySettings):
        yield from _journey(valid)
    if isinstance(valid, services.intake.settings.Settings):
        yield from _sources_file(valid.sources_path)


def _invalid(settings: type[BaseSettings]) -> Iterator[tuple[str, str]]:
    """Yields each part's own mistakes, because the whole stops at the first faulty part."""
    for field in settings.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseSettings):
            yield from _invalid(field.annotation)
    try:
        settings()
    except ValidationError as error:
        if error.title != settings.__name__:
            return
        for mistake in error.errors():
            field_name = str(mistake["loc"][0]) if mistake["loc"] else ""
            message = mistake["msg"].removeprefix("Value error, ")
            if field_name in settings.model_fields:
                yield names_of(settings, field_name, settings.model_fields[field_name])[0], message
            else:
                variable = re.search(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+", f"{field_name} {message}")
                yield variable[0] if variable else settings.__name__, message


def _journey(settings: JourneySettings) -> Iterator[tuple[str, str]]:
    paths = {
        "journey_path": PROJECT / settings.journey_path,
        "templates_path": PROJECT / settings.templates_path,
    }
    placed = settings.model_copy(update=paths)
    try:
        load_journey(placed)
    except OSError as error:
        yield str(settings.journey_path), str(error.strerror)
    except InvalidJourney as invalid:
        yield str(settings.journey_path), "; ".join(map(str, invalid.mistakes))
    else:
        if isinstance(settings, services.notify.settings.Settings):
            yield from _templates(placed, set(settings.twilio.content_sid_of))


def _sources_file(path: Path) -> Iterator[tuple[str, str]]:
    try:
        load_overrides(PROJECT / path)
    except OSError as error:
        yield str(path), str(error.strerror)
    except InvalidSources as invalid:
        yield str(path), "; ".join(invalid.mistakes)


def _templates(
    settings: JourneySettings, content_sids: AbstractSet[str]
) -> Iterator[tuple[str, str]]:
    """Yields that a text of the journey lacks its approved WhatsApp template."""
    try:
        load_journey(settings, content_sids=content_sids)
    except InvalidJourney as invalid:
        yield "TWILIO_CONTENT_SIDS", "; ".join(mistake.message for mistake in invalid.mistakes)


def _remedy(variable: str, wrong: str, service: str = "") -> str:
    if variable.endswith("_FILE"):
        return "file"
    if "." in variable:
        return "sources" if service == "intake" else "journey"
    if variable == "CONSOLE_USERS":
        return "user"
    if variable in SECRETS:
        return "random"
    return "account" if wrong in (Fault.EXAMPLE, Fault.EMPTY) else "value"
