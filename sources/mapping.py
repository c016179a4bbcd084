"""Maps the fields of a form, as their source spells them, to the card of a lead. Pure."""

import re
import unicodedata
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache, lru_cache
from typing import NamedTuple

import email_validator

from contracts.events.lead import LeadCard
from domain.phone import SUPPORTED_REGIONS, Number, NumberStatus, read_number
from sources.cleaning import as_typed, one_line
from sources.field_names import (
    attribution_name,
    attribution_of,
    card_field,
    is_of_another,
    probable_field,
    squeezed,
    words_of,
)
from sources.flattening import flattened
from sources.model import Form
from sources.values import as_text

LIMITS = {
    "nombre": 200,
    "email": 254,
    "telefono": 80,
    "empresa": 200,
    "servicio": 200,
    "fuente": 200,
    "zona_horaria": 64,
    "consentimiento": 2000,
}
MAX_ANSWERS = 100
MAX_CANDIDATES = 20  # answers that are tried for one field of the card
MAX_NAME = 200
MAX_VALUE = 4000
# what programs write for nothing; a person may be called Null
_NOTHING = {"null", "undefined", "NaN", "[object Object]"}
_TICKED = {
    "on", "1", "true", "yes", "y", "si", "s", "sim", "ok", "x", "checked", "acepto", "aceptado",
    "acepta", "accept", "accepted", "i", "agree", "agreed", "aceito", "autorizo", "de",
}  # fmt: skip
_UNTICKED = {"", "0", "false", "no", "off", "nao", "n"}
_EMAIL = re.compile(
    r"(?<![^\s<>()\[\]\",;:|/@])[^\s<>()\[\]\",;:|/@]{1,64}@[^\s<>()\[\]\",;:|/@]{1,254}"
)
_NAMES = ("name", "first_name", "middle_name", "last_name", "second_last_name")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_+-]++(?:\.[A-Za-z0-9_+-]++)*+")
_AROUND_AT = re.compile(r"\s{0,5}@\s{0,5}")
_LEAST_WITH_PLUS = 10**10  # eleven digits: a country's code, and a number
_MORE_THAN_A_NUMBER = re.compile(r"[A-Za-z/,;|]")


@dataclass(frozen=True, slots=True)
class FieldError:
    """A bad field, and the name of the message that explains it."""

    field: str
    code: str
    limit: int = 0


class Rank(IntEnum):
    """How sure it is that a field of the form is a field of the card."""

    CONFIGURED = 0
    NAMED = 1
    PROBABLE = 2  # only a word in its name, a question, says so


class Answer(NamedTuple):
    """An answer that a field of the card may hold."""

    name: str
    text: str
    rank: Rank = Rank.NAMED

    @property
    def sure(self) -> bool:
        return self.rank is not Rank.PROBABLE


Answers = Mapping[str, list[Answer]]


@dataclass(slots=True)
class Card:
    """The card so far, what is wrong with the form, and the fields that the card holds wholly."""

    values: dict[str, str] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)
    held: set[str] = field(default_factory=set)

    def hold(self, meaning: str, answer: Answer, limit: int) -> None:
        """Takes an answer as it is. What is too long is cut, and the field itself kept."""
        self.values[meaning] = answer.text[:limit].rstrip()
        if len(answer.text) <= limit:
            self.held.add(answer.name)


def card_of(
    form: Form, *, region: str, overrides: Mapping[str, str] = {}
) -> LeadCard | list[FieldError]:
    """Returns the card of a source's form, or all errors of the form.

    `overrides` is the configured mapping of the source, as read_card takes it.
    """
    card = read_card(form.fields, region=region, overrides={**form.hints, **overrides})
    if isinstance(card, list):
        return card
    source = card.source or form.label or None
    attribution = {**card.attribution, **form.attribution}
    if (source, attribution) == (card.source, card.attribution):
        return card
    return card.model_copy(update={"source": source, "attribution": attribution})


def read_card(
    fields: Mapping[str, object], *, region: str, overrides: Mapping[str, str] = {}
) -> LeadCard | list[FieldError]:
    """Returns the card of the form's lead, or all errors of the form.

    There is an error only where no phone and no email can be used. Every field that the card does
    not hold is kept as text. `overrides` maps names of fields to fields of the card, or to "" where
    the field is only kept.
    """
    flat = flattened(fields)
    card = Card()
    answers = _by_meaning(flat.fields, {**flat.hints, **overrides}, card)
    _read_email(answers, card)
    _read_phone(answers, region, card)
    if not _reachable(card):
        named = {squeezed(name) for name in overrides}
        _read_unnamed(flat.fields, named, region, card)
    if not _reachable(card):
        return card.errors or [
            FieldError("email", "missing_contact"),
            FieldError("telefono", "missing_contact"),
        ]
    _read_name(answers, card)
    for meaning, limited in (("company", "empresa"), ("service", "servicio"), ("source", "fuente")):
        for answer in answers.get(meaning, ())[:1]:
            card.hold(meaning, answer, LIMITS[limited])
    _read_zone(answers, card)
    _read_consent(answers, card)
    return LeadCard(
        **{"name": "", **card.values},
        attribution=attribution_of(flat.fields),
        extra=_extra(flat.fields, card.held),
    )


def suggested(names: Iterable[str]) -> dict[str, str]:
    """Returns the field of the card that each column of a file seems to hold, "" for none."""
    return {name: card_field(name) or probable_field(name) or "" for name in names}


def _by_meaning(
    fields: Mapping[str, object], overrides: Mapping[str, str], card: Card
) -> dict[str, list[Answer]]:
    """Returns the answers that each field of the card may hold, the most certain first."""
    wanted = {squeezed(name): card_field(meaning) for name, meaning in overrides.items()}
    answers: dict[str, list[Answer]] = {}
    for name, value in fields.items():
        meaning, rank = _meaning(name, wanted)
        if meaning is None:
            continue
        text = one_line(_with_plus(value) if meaning == "phone" else as_text(value))
        if text and text not in _NOTHING:
            found = answers.setdefault(meaning, [])
            if len(found) < MAX_CANDIDATES:
                found.append(Answer(name, text, rank))
        elif rank is not Rank.PROBABLE:
            card.held.add(name)
    for candidates in answers.values():
        candidates.sort(key=lambda answer: answer.rank)
    return answers


def _meaning(name: str, wanted: Mapping[str, str | None]) -> tuple[str | None, Rank]:
    if wanted and (key := squeezed(name)) in wanted:
        return wanted[key], Rank.CONFIGURED
    meaning = card_field(name)
    if meaning is not None:
        return meaning, Rank.NAMED
    return probable_field(name), Rank.PROBABLE


def _reachable(card: Card) -> bool:
    return "email" in card.values or "phone" in card.values


def _read_email(answers: Answers, card: Card) -> None:
    bad: Answer | None = None
    for answer in answers.get("email", ()):
        email = read_email(answer.text)
        if email is None:
            bad = bad or (answer if answer.sure else None)
            continue
        if card.values.setdefault("email", email) == email == answer.text.lower():
            card.held.add(answer.name)
    if bad and "email" not in card.values:
        card.hold("unusable_email", bad, LIMITS["email"])
        card.errors.append(FieldError(bad.name, "bad_email"))


def _read_phone(answers: Answers, region: str, card: Card) -> None:
    bad: tuple[Answer, str] | None = None
    for answer in answers.get("phone", ()):
        number = _number(answer.text, answers, region)
        if number is None or number.status is NumberStatus.UNUSABLE:
            code = "unusable_phone" if number else "bad_phone"
            bad = bad or ((answer, code) if answer.sure else None)
            continue
        same = card.values.setdefault("phone", number.e164) == number.e164
        if same and not _MORE_THAN_A_NUMBER.search(answer.text):
            card.held.add(answer.name)
    if bad and "phone" not in card.values:
        answer, code = bad
        card.hold("unusable_phone", answer, LIMITS["telefono"])
        card.errors.append(FieldError(answer.name, code))


def _with_plus(value: object) -> str:
    """Returns the text of a phone, with the plus that a tool loses when it sends a number."""
    lost = isinstance(value, int) and _LEAST_WITH_PLUS <= value < _LEAST_WITH_PLUS * 10**5
    return f"+{value}" if lost else as_text(value)


def _number(text: str, answers: Answers, region: str) -> Number | None:
    """Returns the number, with the country's or the area's code from a field of its own."""
    for answer in answers.get("country_code", ())[:1]:
        digits = re.sub(r"[^0-9]", "", answer.text)
        if digits and not text.startswith(("+", "00")):
            with_code = read_number(f"+{digits} {text}", region)
            if with_code is not None:
                return with_code
        elif answer.text.upper() in SUPPORTED_REGIONS:
            region = answer.text.upper()
    number = read_number(text, region)
    if number is None:
        for answer in answers.get("area_code", ())[:1]:
            return read_number(f"{answer.text} {text}", region)
    return number


def _read_unnamed(fields: Mapping[str, object], named: set[str], region: str, card: Card) -> None:
    """Takes an address from a field whose name says nothing, before the person is turned away.

    `named` are the fields of which the configuration says what they hold.
    """
    texts = {name: one_line(as_text(value)) for name, value in fields.items()}
    likely = [
        Answer(name, text)
        for name, text in texts.items()
        if (text.startswith("+") or _EMAIL.fullmatch(text))
        and not (squeezed(name) in named or is_of_another(name) or attribution_name(name))
    ]
    for answer in likely[:MAX_CANDIDATES]:
        alone = Card()
        answers = {"email": [answer], "phone": [answer]}
        _read_email(answers, alone)
        _read_phone(answers, region, alone)
        for address in ("email", "phone"):
            if address in alone.values:
                card.values.setdefault(address, alone.values[address])
                card.held |= alone.held


def read_email(text: str) -> str | None:
    """Returns the address that a text means, or None.

    Of several the first counts. Names, brackets and signs around it are no part of it.
    """
    written = unicodedata.normalize("NFKC", text)
    for wanted in (written, _AROUND_AT.sub("@", written)):
        found = _EMAIL.search(wanted.removeprefix("mailto:"))
        email = _validated(found[0].strip("'.")) if found else None
        if email is not None:
            return email
    return None


def _validated(text: str) -> str | None:
    name, _, domain = text.rpartition("@")
    if _PLAIN_NAME.fullmatch(name) and len(text) <= LIMITS["email"]:
        domain = _domain(domain) or ""
        return f"{name}@{domain}".lower() if domain else None
    return _normalized(text)


@lru_cache(maxsize=1024)
def _domain(domain: str) -> str | None:
    """Returns a domain as it is written, or None. Checking one costs more than reading a form."""
    normalized = _normalized(f"a@{domain}")
    return normalized.removeprefix("a@") if normalized else None


def _normalized(text: str) -> str | None:
    try:
        return email_validator.validate_email(text, check_deliverability=False).normalized.lower()
    except email_validator.EmailNotValidError:
        return None


def _read_name(answers: Answers, card: Card) -> None:
    """Joins the parts of the name. A part that another already has in it is not repeated."""
    whole = ""
    parts = [answers[meaning][0] for meaning in _NAMES if meaning in answers]
    for part in parts:
        if f" {part.text} ".casefold() not in f" {whole} ".casefold():
            whole = f"{whole} {part.text}".lstrip()
    card.values["name"] = whole[: LIMITS["nombre"]].rstrip()
    if len(whole) <= LIMITS["nombre"]:
        card.held.update(part.name for part in parts)


def _read_zone(answers: Answers, card: Card) -> None:
    """Takes a zone that exists. Another says nothing that the person could mend."""
    for answer in answers.get("time_zone", ()):
        if answer.text in _zones():
            card.hold("time_zone", answer, LIMITS["zona_horaria"])
            return


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _read_consent(answers: Answers, card: Card) -> None:
    """Takes what the person agreed to: the text that the form sends, and the boxes ticked."""
    given: list[str] = []
    for answer in answers.get("consent", ()):
        words = words_of(answer.text)
        first = words[0] if words else answer.text
        if card_field(answer.name) == "consent":
            if first not in _UNTICKED:
                given.append(answer.text)
                card.held.add(answer.name)
        elif first in _TICKED or answer.text == one_line(answer.name):
            given.append(f"{one_line(answer.name)}: {answer.text}")
    consent = "; ".join(given)
    limit = LIMITS["consentimiento"]
    if consent:
        card.values["consent"] = consent[:limit]
    if len(consent) > limit:
        card.held.difference_update(answer.name for answer in answers["consent"])


def _extra(fields: Mapping[str, object], held: set[str]) -> dict[str, str]:
    """Returns the other fields, so many and so much of each as is kept with a lead."""
    extra: dict[str, str] = {}
    for name, value in fields.items():
        if name in held:
            continue
        key = one_line(name)[:MAX_NAME]
        text = as_typed(as_text(value))
        if key in extra:
            text = f"{extra[key]}, {text}"
        elif len(extra) == MAX_ANSWERS:
            break
        extra[key] = text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"
    return extra
