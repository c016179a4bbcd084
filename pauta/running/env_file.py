"""`.env`, read and written as Docker Compose does, also where there is no Docker.

Compose's rules: without quotes a value ends at the line or at ` #`; between double quotes a backslash escapes, and both
kinds know `$NAME`; between single quotes everything is as it stands, but for an escaped quote. Source: compose-go's
dotenv parser.
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
DOLLAR = "\ue000"  # stands for a dollar that is only a dollar while the others are filled in


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a `.env`; nothing where there is no file."""
    return dict(_read(path.read_text())) if path.exists() else {}


def quoted(value: str) -> str:
    """`value` between double quotes, so that Compose and we read the same again, whatever its characters."""
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'


def fill(text: str, variables: Mapping[str, str]) -> str:
    """`text` with every `${NAME:-default}` replaced, the inner ones first; empty counts as unset."""

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
    """With the variables that stand above in the file."""
    value = re.sub(r"\$([A-Za-z_]\w*)", r"${\1}", value.replace("$$", DOLLAR))
    return fill(value, known).replace(DOLLAR, "$")
