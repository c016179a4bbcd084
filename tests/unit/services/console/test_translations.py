"""Every text of the console has its translation."""

import ast
import re
from pathlib import Path
from string import Formatter

import jinja2
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import nodes

import services.console
from domain.journey.parser import BOOKING_LINK
from domain.journey.settings import JourneySettings, load_journey
from services.console import translations
from services.console.decisions.labels import step_name
from services.console.translations import catalog_of, load_translations
from services.notify.decisions.first_contact import ALREADY_BOOKED
from tests.unit.services.console.rendered import feed_line

HERE = Path(services.console.__file__).parent


def texts_of_pages() -> set[str | tuple[str, str]]:
    """The msgids in templates and code, as `pybabel extract` finds them; a pair has a plural."""
    found: set[str | tuple[str, str]] = set()
    methods = [("**.py", "python"), ("pages/**.html", "jinja2")]
    options = {"pages/**.html": {"silent": "false"}}
    for _, _, text, _, _ in extract_from_dir(HERE, methods, options):
        found.add(text if isinstance(text, str) else (text[0], text[1]))
    return found


def catalog() -> Catalog:
    with catalog_of("es").open("rb") as file:
        return read_po(file)


def spanish_of(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def english_of(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def placeholders(text: str) -> set[str | None]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_every_text_is_in_the_catalog_and_the_catalog_has_no_other() -> None:
    translated = {message.id for message in catalog() if message.id}

    assert texts_of_pages() == translated


def test_every_text_has_its_spanish_with_the_same_placeholders() -> None:
    messages = [message for message in catalog() if message.id]

    assert [message.id for message in messages if message.fuzzy] == []
    assert [message.id for message in messages if not all(spanish_of(message))] == []
    assert [
        message.id
        for message in messages
        if set.union(*map(placeholders, spanish_of(message)))
        != set.union(*map(placeholders, english_of(message)))
    ] == []


def test_texts_are_read_in_both_languages() -> None:
    spanish, english = load_translations("es"), load_translations("en")

    assert (spanish.gettext("Now"), english.gettext("Now")) == ("Ahora", "Now")
    assert spanish.gettext("Ana dijo") == "Ana dijo"
    assert [spanish.ngettext("{count} day", "{count} days", days) for days in (1, 7)] == [
        "Un día",
        "{count} días",
    ]


def test_the_image_s_catalog_is_read_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = tmp_path / "es_MX" / "LC_MESSAGES" / "messages.mo"
    compiled.parent.mkdir(parents=True)
    of_the_image = Catalog(locale="es_MX")
    of_the_image.add("Now", "Ya")
    with compiled.open("wb") as file:
        write_mo(file, of_the_image)
    monkeypatch.setattr(translations, "FOLDER", tmp_path)

    assert load_translations.__wrapped__("es").gettext("Now") == "Ya"


NO_WORDS = {"Pauta", "Lead", "Leads", "Kommo", "RabbitMQ", "PostgreSQL", "GB"}


def bare_texts(template: str) -> set[str]:
    """The words of a template that stand outside its expressions and its tags."""
    tree = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(template)
    html = "".join(data.data for data in tree.find_all(nodes.TemplateData))
    return set(re.findall(r"[^\W\d_]{2,}", re.sub(r'<[^>]*>|[\w-]+="[^"]*"', " ", html)))


def test_no_template_has_a_text_of_its_own() -> None:
    found = {
        path.name: bare_texts(path.read_text()) - NO_WORDS
        for path in (HERE / "pages").glob("*.html")
    }

    assert {name: words for name, words in found.items() if words} == {}


def test_no_answer_of_a_button_is_left_untranslated() -> None:
    """A sentence in `http/`, as a button or the login answers with, is a msgid."""
    nodes_of: list[ast.AST] = []
    for path in (HERE / "http").rglob("*.py"):
        nodes_of += ast.walk(ast.parse(path.read_text()))
    assert nodes_of
    docs = {node.value for node in nodes_of if isinstance(node, ast.Expr)}
    consts = {node for node in nodes_of if isinstance(node, ast.Constant)} - docs
    found = {node.value for node in consts if isinstance(node.value, str)}
    sentences = {text for text in found if re.fullmatch(r"[A-ZÁÉÚ].*[a-zíóñ.}…]", text)}

    assert {text for text in sentences if " " in text} - texts_of_pages() == set()


def test_every_step_that_comes_along_has_a_name_in_both_languages() -> None:
    journey = load_journey(JourneySettings(_env_file=None))[0]
    steps = [step.name for step in journey.steps] + [BOOKING_LINK, ALREADY_BOOKED]
    spanish, english = load_translations("es").gettext, load_translations("en").gettext

    assert [step for step in steps if step_name(step, spanish) == step] == []
    assert [step for step in steps if step_name(step, english) == step_name(step, spanish)] == []
    assert (step_name("day_3", spanish), step_name("day_12", english)) == ("Día 3", "Day 12")
    assert step_name("oferta_de_mayo", spanish) == "oferta_de_mayo"
    assert step_name("", spanish) == ""


def test_what_a_person_wrote_is_shown_as_written() -> None:
    reply = {"topic": "reply.received", "text": "booked"}
    unknown = {"topic": "touch.failed", "channel": "sms", "reason": "<b>not a reason</b>"}

    assert "booked" in feed_line(reply)
    assert "&lt;b&gt;not a reason&lt;/b&gt;" in feed_line(unknown)
