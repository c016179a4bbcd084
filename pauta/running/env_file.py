"""Reads and writes `.env` by the rules of Docker Compose, with and without Docker.

Without quotes, a value ends at the end of the line or at ` #`. Between double quotes, a backslash
escapes. Both kinds substitute `$NAME`. Between single quotes everything is literal except an
escaped quote. Source: compose-go's dotenv parser.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

LINE = re.compile(
    r"""^[^\S\n]*(?:export[^\S\n]+)?(?P<name>[\w.-]+)[^\S\n]*[=:][^\S\n]*
        (?: "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)' | (?P<plain>[^\n]*) )""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    '"': '"',
    "\\": "\\",
}
INNERMOST = re.compile(r"\$\{(\w+)(?::-([^${}]*))?\}")
DOLLAR = "\ue000"  # replaces each literal dollar while variables are substituted


def read_env_file(path: Path) -> dict[str, str]:
    """Returns the variables of a `.env` file, or none if there is no file."""
    return dict(_read(path.read_text())) if path.exists() else {}


def quoted(value: str) -> str:
    """Returns `value` in double quotes, so that Compose and we read it back unchanged."""
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'


def fill(text: str, variables: Mapping[str, str]) -> str:
    """Returns `text` with every `${NAME:-default}` replaced, inner ones first.

    An empty variable counts as unset.
    """

    def value(found: re.Match[str]) -> str:
        return (variables.get(found[1]) or "").replace("$", DOLLAR) or found[2] or ""

    while (filled := INNERMOST.sub(value, text)) != text:
        text = filled
    return text.replace(DOLLAR, "$")


def _read(text: str) -> Iterator[tuple[str, str]]:
    known: dict[str, str] = {}
    for found in LINE.finditer(text):
        if (value := found["single"]) is not None:
            value = value.replace("\\'", "'")
        elif (value := found["double"]) is not None:
            value = _filled(re.sub(r"\\(.)", _unescaped, value, flags=re.DOTALL), known)
        else:
            value = _filled(re.sub(r"[^\S\n]+#.*$", "", f" {found['plain']}").strip(), known)
        known[found["name"]] = value
        yield found["name"], value


def _unescaped(escape: re.Match[str]) -> str:
    return DOLLAR if escape[1] == "$" else ESCAPES.get(escape[1], escape[0])


def _filled(value: str, known: Mapping[str, str]) -> str:
    """Substitutes the variables that come earlier in the file."""
    value = re.sub(r"\$([A-Za-z_]\w*)", r"${\1}", value.replace("$$", DOLLAR))
    return fill(value, known).replace(DOLLAR, "$")
