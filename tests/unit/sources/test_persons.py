"""A person, however a form names, orders, nests and encodes what they typed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.lead import LeadCard
from sources.form import read_form
from sources.mapping import card_of
from sources.reading import read_body

LINES = (Path(__file__).parent / "spellings.txt").read_text().splitlines()[1:]
SPELLINGS: dict[str, list[str]] = {}
for line in LINES:
    meaning, spelling = line.split(": ", maxsplit=1)
    SPELLINGS.setdefault(meaning, []).append(spelling)

WORD = st.text("abcdefgÁáéíóúñüMR'-", min_size=1, max_size=12).filter(lambda word: word.strip("'-"))
WORDS = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
DIGITS = st.integers(10_000_000, 99_999_999).map(lambda number: f"81{number}")
WAYS_TO_WRITE = (
    "{0}",
    "+52{0}",
    "+52 1 {0}",
    "52{0}",
    "044{0}",
    "({0[0]}{0[1]}) {0[2]}{0[3]}{0[4]}{0[5]}-{0[6]}{0[7]}{0[8]}{0[9]}",
    "+52 +52 {0}",
    "011 52 {0}",
    "{0}.0",
)
Fields = dict[str, str]


@st.composite
def people(draw: st.DrawFn) -> dict[str, str]:
    """Draws what a person has: the card's values, and a message."""
    word = st.text("abcdefg", min_size=1, max_size=8)
    return {
        "name": draw(WORDS),
        "email": f"{draw(word)}.{draw(word)}@{draw(word)}.example.com",
        "phone": draw(DIGITS),
        "company": draw(WORDS),
        "service": draw(WORDS),
        "message": draw(WORDS),
    }


@st.composite
def forms(draw: st.DrawFn, person: dict[str, str]) -> Fields:
    """Draws the names that a form gives to what the person has, and their order."""
    written = person | {"phone": draw(st.sampled_from(WAYS_TO_WRITE)).format(person["phone"])}
    fields = {
        draw(st.sampled_from(SPELLINGS.get(meaning, ["mensaje", "Comentarios", "your-message"]))): v
        for meaning, v in written.items()
    }
    return dict(draw(st.permutations(list(fields.items()))))


def labelled(label: str, answer: str) -> Callable[[Fields], Any]:
    return lambda fields: [{label: name, answer: value} for name, value in fields.items()]


NESTINGS: dict[str, Callable[[Fields], Any]] = {
    "flat": lambda fields: fields,
    "a list of one": lambda fields: [fields],
    "lists": lambda fields: {name: [value] for name, value in fields.items()},
    "data": lambda fields: {"id": "x7", "data": fields},
    "contact": lambda fields: {"event": "new", "contact": fields},
    "deep": lambda fields: {"payload": {"data": {"attributes": fields}}},
    "beside the form's name": lambda fields: {"name": "Contacto", "fields": fields},
    "names and values": labelled("name", "value"),
    "labels": lambda fields: {"fields": labelled("label", "value")(fields)},
    "questions": lambda fields: {"answers": labelled("question", "answer")(fields)},
    "titles": lambda fields: {
        "f": {str(n): i for n, i in enumerate(labelled("title", "value")(fields))}
    },
    "lists of values": lambda fields: {
        "field_data": [{"name": name, "values": [value]} for name, value in fields.items()]
    },
}
JSON_TYPES = (
    "application/json",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "",
)


@st.composite
def in_json(draw: st.DrawFn, fields: Fields) -> tuple[str, bytes]:
    body = NESTINGS[draw(st.sampled_from(sorted(NESTINGS)))](fields)
    text = json.dumps(
        body, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from((None, 1)))
    )
    encoding = draw(
        st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"))
    )
    return draw(st.sampled_from(JSON_TYPES)), text.encode(encoding, "xmlcharrefreplace")


@st.composite
def in_a_form(draw: st.DrawFn, fields: Fields) -> tuple[str, bytes]:
    if draw(st.booleans()):
        fields = {
            f"fields[f{number}][{part}]": text
            for number, pair in enumerate(fields.items())
            for part, text in zip(("title", "value"), pair, strict=True)
        }
    charset = draw(st.sampled_from(("utf-8", "cp1252")))
    declared = draw(st.sampled_from(("", f"; charset={charset}")))
    pairs = list(fields.items())
    if draw(st.booleans()):
        pairs += pairs[:2]  # the same value twice
    body = urlencode(pairs, encoding=charset, errors="xmlcharrefreplace").encode()
    return f"application/x-www-form-urlencoded{declared}", body


@st.composite
def in_parts(draw: st.DrawFn, fields: Fields) -> tuple[str, bytes]:
    parts = [
        f'--x7\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = f"{''.join(parts)}--x7--\r\n"
    charset = draw(st.sampled_from(("utf-8", "cp1252")))
    content_type = draw(
        st.sampled_from(("multipart/form-data; boundary=x7", "multipart/form-data"))
    )
    return content_type, body.encode(charset, "xmlcharrefreplace")


@st.composite
def in_lines(draw: st.DrawFn, fields: Fields) -> tuple[str, bytes]:
    ending = draw(st.sampled_from(("\n", "\r\n")))
    body = "".join(f"{name}={value}{ending}" for name, value in fields.items())
    return "text/plain", body.encode(draw(st.sampled_from(("utf-8", "utf-16"))))


@given(st.data())
def test_a_person_is_neither_refused_nor_changed(data: st.DataObject) -> None:
    person = data.draw(people())
    fields = data.draw(forms(person))
    encode = data.draw(st.sampled_from((in_json, in_a_form, in_parts, in_lines)))
    content_type, body = data.draw(encode(fields))

    card = card_of(read_form(read_body(content_type, body)), region="MX")

    assert isinstance(card, LeadCard)
    assert card.name == person["name"]
    assert card.email == person["email"]
    assert card.phone == f"+52{person['phone']}"
    assert (card.company, card.service) == (person["company"], person["service"])
    assert person["message"] in card.extra.values()
    assert (card.unusable_email, card.unusable_phone) == (None, None)
