"""What is wrong with a source, in words."""

import pytest

from services.console.decisions.source_problems import read_problems
from services.console.translations import load_translations


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("meta: 401 code 190", "Meta no acepta META_PAGE_TOKEN: venció o fue revocado"),
        ("meta: 400 code 10", "Meta niega el acceso: a META_PAGE_TOKEN le falta un permiso"),
        ("meta: 403 code 200", "Meta niega el acceso: a META_PAGE_TOKEN le falta un permiso"),
        (
            "meta: 400 code 80004",
            "Meta limita la frecuencia de las solicitudes; los leads se traen más tarde",
        ),
        ("meta: 500 code 2", "Meta respondió con un error (500); los leads se traen más tarde"),
        ("meta: ConnectError", "Meta no responde; los leads se traen más tarde"),
        ("the token is no longer valid", "META_PAGE_TOKEN ya no es válido"),
        (
            "the token lacks the permissions leads_retrieval, pages_manage_metadata",
            "A META_PAGE_TOKEN le falta: leads_retrieval, pages_manage_metadata",
        ),
        ("the token expires on 2026-12-01", "META_PAGE_TOKEN vence el 2026-12-01"),
        (
            "META_PAGE_TOKEN is empty",
            "META_PAGE_TOKEN está vacío: no se puede traer ningún lead",
        ),
        (
            "page 1010 does not announce its leads: meta: 400 code 100",
            "La página 1010 no avisa de sus leads",
        ),
        ("something {odd}", "something {odd}"),
    ],
)
def test_a_problem_is_read_in_spanish(problem: str, words: str) -> None:
    [(sentence, values)] = read_problems(problem)

    assert load_translations("es").gettext(sentence).format(*values) == words


def test_several_problems_are_several_sentences() -> None:
    both = "the token is no longer valid; page 7 does not announce its leads: x"

    assert read_problems(both) == [
        ("META_PAGE_TOKEN is no longer valid", ()),
        ("Page {} does not announce its leads", ("7",)),
    ]
    assert read_problems("") == []
