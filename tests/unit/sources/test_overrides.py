"""The file of mappings: what it says, and each of its mistakes with its line."""

import pytest

from pauta.running.compose_file import PROJECT
from sources.mapping import LIMITS
from sources.overrides import InvalidSources, load_overrides, read_overrides

FILE = """
meta:
  "*":
    negocio: empresa
    ciudad: servicio
  123400000000001:
    ¿a_qué_número_te_llamamos?: telefono
    ciudad:
landing-verano:
"""


def mistakes(text: str) -> tuple[str, ...]:
    with pytest.raises(InvalidSources) as invalid:
        read_overrides(text, name="sources.yml")
    return invalid.value.mistakes


def test_a_form_overrides_what_holds_for_every_form() -> None:
    read = read_overrides(FILE, name="sources.yml")

    assert read.of("meta", "9") == {"negocio": "empresa", "ciudad": "servicio"}
    assert read.of("meta", "123400000000001") == {
        "negocio": "empresa",
        "ciudad": "",
        "¿a_qué_número_te_llamamos?": "telefono",
    }
    assert read.of("landing-verano") == {}
    assert read.of("google", "1") == {}


def test_the_shipped_file_is_valid() -> None:
    assert load_overrides(PROJECT / "deploy" / "sources.yml").of("meta") == {}


def test_every_mistake_is_named_with_its_line() -> None:
    assert mistakes("meta:\n  '1':\n    negocio: empressa\n    ciudad: [a]\ngoogle: yes\n") == (
        "sources.yml:3: negocio is no field of the card: Did you mean empresa?",
        f"sources.yml:4: ciudad is no field of the card: Known are: {', '.join(LIMITS)}",
        "sources.yml:5: google names its forms, each with a colon",
    )


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("- meta", "sources.yml:1: the file names sources, each with a colon"),
        ("meta:\n  '1': {a: email}\n  '1': {}", "sources.yml:3: 1 comes twice"),
        ("? [a, b]\n: c", "sources.yml:1: a name is a text"),
        ("meta: {", "sources.yml:1: no YAML: expected the node content, but found '<stream end>'"),
    ],
)
def test_a_file_of_another_shape(text: str, mistake: str) -> None:
    assert mistakes(text) == (mistake,)
