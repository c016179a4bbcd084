"""Reads what intake found wrong with a source. The sentences are msgids."""

import re

from services.console.decisions.messages import gettext_noop as _

SEPARATOR = "; "
# in the order in which they are tried; what a pattern groups fills the sentence's placeholders
SENTENCES = (
    (
        r"meta: \d{3} code (?:102|190|463|467)\b",
        _("Meta does not accept META_PAGE_TOKEN: it expired or was revoked"),
    ),
    (
        r"meta: \d{3} code (?:3|10|2\d\d)\b",
        _("Meta refuses access: META_PAGE_TOKEN lacks a permission"),
    ),
    (
        r"meta: \d{3} code (?:4|17|32|341|613|80001|80004|80005)\b",
        _("Meta limits the rate of requests; the leads are fetched later"),
    ),
    (r"meta: (\d{3})\b", _("Meta answered with an error ({}); the leads are fetched later")),
    (r"meta: [A-Z]\w{1,60}$", _("Meta does not answer; the leads are fetched later")),
    (r"META_PAGE_TOKEN is empty$", _("META_PAGE_TOKEN is empty: no lead can be fetched")),
    (r"the token is no longer valid$", _("META_PAGE_TOKEN is no longer valid")),
    (r"the token lacks the permissions ([\w, ]{1,200})$", _("META_PAGE_TOKEN lacks: {}")),
    (r"the token expires on (\d{4}-\d\d-\d\d)$", _("META_PAGE_TOKEN expires on {}")),
    (r"page (\w{1,40}) does not announce its leads", _("Page {} does not announce its leads")),
)
_PATTERNS = [(re.compile(pattern), sentence) for pattern, sentence in SENTENCES]


def read_problems(problem: str) -> list[tuple[str, tuple[str, ...]]]:
    """Returns a sentence and its values for each of the problems, which are joined in one text.

    One that no pattern knows is its own sentence, without values.
    """
    return [_read(part) for part in problem.split(SEPARATOR) if part]


def _read(problem: str) -> tuple[str, tuple[str, ...]]:
    for pattern, sentence in _PATTERNS:
        if found := pattern.match(problem):
            return sentence, found.groups()
    return "{}", (problem,)
