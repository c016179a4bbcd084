"""Every text of the console has its translation."""

import ast
import re
from pathlib import Path

import jinja2
from jinja2 import nodes

import services.console
from domain.journey.settings import JourneySettings, load_journey
from services.console.decisions import event_descriptions as descriptions
from services.console.decisions import outages
from services.console.words import ENGLISH, NTH_DAY, STEPS, step_name, translate
from services.notify.decisions.first_contact import ALREADY_BOOKED
from services.notify.touches import BOOKING_LINK

HERE = Path(services.console.__file__).parent


def strings(node: nodes.Node) -> set[str]:
    """Returns the texts in a part of a template, without values for comparisons and lookups."""
    if isinstance(node, nodes.Const):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, nodes.Compare | nodes.Getitem | nodes.Getattr):
        return strings(node.node) if isinstance(node, nodes.Getitem) else set()
    if isinstance(node, nodes.Pair):
        return strings(node.value)
    found: set[str] = set()
    for child in node.iter_child_nodes():
        found |= strings(child)
    return found


def shown_by_templates() -> set[str]:
    """Returns the texts that the templates translate: with the filter, or in lists."""
    found: set[str] = set()
    for path in (HERE / "pages").glob("*.html"):
        tree = jinja2.Environment(autoescape=True).parse(path.read_text())
        for use in tree.find_all(nodes.Filter):
            if use.name == "t" and use.node is not None:
                found |= strings(use.node)
        for listed in tree.find_all((nodes.Tuple, nodes.Dict)):
            found |= {text for text in strings(listed) if re.search(r"[A-ZÁÉÚáéíóúñ ]", text)}
    return found


def shown_by_handlers() -> set[str]:
    """Returns the texts in the HTTP handlers: answers to buttons and the login, and titles."""
    parsed: list[ast.AST] = []
    for path in (HERE / "http").glob("*.py"):
        parsed += ast.walk(ast.parse(path.read_text()))
    assert parsed
    docs = {node.value for node in parsed if isinstance(node, ast.Expr)}
    constants = {node for node in parsed if isinstance(node, ast.Constant)} - docs
    found = {node.value for node in constants if isinstance(node.value, str)}
    return {text for text in found if re.fullmatch(r"[A-ZÁÉÚ].*[a-zíóñ.}]", text) and " " in text}


NO_WORDS = {"Cal.com", "WhatsApp", "SMS", "Lead", "Leads", "Kommo", "Brevo", "Twilio"}


def test_every_text_has_its_english() -> None:
    described = {
        description.text
        for description in (*descriptions.TOUCHES.values(), *descriptions.OTHERS.values())
    }
    described |= (
        set(descriptions.REASONS.values())
        | set(descriptions.CHANNELS.values())
        | set(descriptions.OWN_REASONS.values())
    )
    described |= {*STEPS.values(), NTH_DAY}
    described |= {outages.UNACCEPTED, outages.ERROR, outages.SILENCE, *outages.STATUSES.values()}
    shown = shown_by_templates() | shown_by_handlers() | described

    assert shown - ENGLISH.keys() - NO_WORDS == set()
    assert translate("Ahora", "en") == "Now"
    assert translate("Ana dijo", "en") == "Ana dijo"


def test_every_step_that_comes_along_has_a_name_in_both_languages() -> None:
    journey = load_journey(JourneySettings(_env_file=None))[0]
    steps = [step.name for step in journey.steps] + [BOOKING_LINK, ALREADY_BOOKED]

    assert [step for step in steps if step_name(step, "es") == step] == []
    assert [step for step in steps if step_name(step, "en") == step_name(step, "es")] == []
    assert (step_name("day_3", "es"), step_name("day_12", "en")) == ("Día 3", "Day 12")
    assert step_name("oferta_de_mayo", "es") == "oferta_de_mayo"
