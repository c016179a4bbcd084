"""Renders the texts of the marketing team: a folder per language, a folder per channel in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
import jinja2.meta
from mjml import mjml2html


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text for one person. An email also has a subject and an HTML version.

    `content_sid` names the approved template that is sent in its place, filled in with `variables`.
    """

    text: str
    subject: str = ""
    html: str = ""
    content_sid: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


EMPTY = Rendered("")


class Templates:
    """Renders the templates in `folder/<language>`, and those it lacks from `folder/<otherwise>`.

    A template that names an unknown value is an error. An email has two files: `<name>.mjml`, and
    its plain version `<name>.txt`, whose first line is the subject.
    """

    def __init__(self, folder: Path, language: str, *, otherwise: str | None = None) -> None:
        sources = _read(folder, otherwise) if otherwise else {}
        sources |= _read(folder, language)
        for name in [name for name in sources if name.endswith(".mjml")]:
            sources[name.removesuffix(".mjml") + ".html"] = str(mjml2html(sources.pop(name)))
        self._sources = sources
        self._jinja = jinja2.Environment(
            loader=jinja2.DictLoader(sources),
            autoescape=jinja2.select_autoescape(["html"], default=False),
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=False,
        )

    def email(self, name: str, facts: dict[str, str]) -> Rendered:
        subject, _, text = self._render(f"email/{name}.txt", facts).partition("\n")
        subject = " ".join(subject.split())
        return Rendered(
            subject=subject[:1].upper() + subject[1:],
            html=self._render(f"email/{name}.html", facts),
            text=text.strip() + "\n",
        )

    def has(self, channel: str, name: str) -> bool:
        """Returns whether there is such a text of a message."""
        return f"{channel}/{name}.txt" in self._sources

    def text(self, channel: str, name: str, facts: dict[str, str]) -> str:
        """Returns the text of a message or of a call's voice."""
        return self._render(f"{channel}/{name}.txt", facts).strip()

    def names(self, channel: str, name: str) -> set[str]:
        """Returns the values that a text names; none of an unknown text."""
        source = self._sources.get(f"{channel}/{name}.txt", "")
        return jinja2.meta.find_undeclared_variables(self._jinja.parse(source))

    def _render(self, name: str, facts: dict[str, str]) -> str:
        return self._jinja.get_template(name).render(facts)


def _read(folder: Path, language: str) -> dict[str, str]:
    root = folder / language
    if not root.is_dir():
        raise FileNotFoundError(f"no templates for {language} in {folder}")
    return {
        str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()
    }
