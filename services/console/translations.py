"""Loads the pages' translations: gettext catalogs whose msgids are short English sentences."""

import gettext
import io
from functools import cache
from pathlib import Path

LOCALES = {"es": "es_MX", "en": "en_US"}  # the first is the default
MSGID_LANGUAGE = "en"
FOLDER = Path(__file__).parent / "locale"


def catalog_of(language: str) -> Path:
    """Returns the path of the language's catalog."""
    return FOLDER / LOCALES[language] / "LC_MESSAGES" / "messages.po"


@cache
def load_translations(language: str) -> gettext.NullTranslations:
    """Returns the translations to a language.

    The image has compiled catalogs. Elsewhere the catalog is compiled in memory.
    """
    if language == MSGID_LANGUAGE:
        return gettext.NullTranslations()
    catalog = catalog_of(language)
    compiled = catalog.with_suffix(".mo")
    if compiled.exists():
        return gettext.GNUTranslations(io.BytesIO(compiled.read_bytes()))
    return gettext.GNUTranslations(io.BytesIO(_compile(catalog)))


def _compile(catalog: Path) -> bytes:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with catalog.open("rb") as file:
        write_mo(compiled, read_po(file))
    return compiled.getvalue()
