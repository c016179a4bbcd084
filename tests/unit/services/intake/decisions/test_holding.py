"""Which submissions wait for an operator."""

import pytest

from contracts.events.submission import HoldReason
from services.intake.decisions.holding import has_link, is_disposable, reason_to_hold
from tests.builders import a_card


@pytest.mark.parametrize(
    "name",
    [
        "https://premios.example/gana",
        "Gana dinero http://x",
        "www.premios",
        "premios.com",
        "Ana visita premios.com.mx ya",
        "PREMIOS.XYZ",
        "bit.ly/3xyz",
        "t.me/premios",
        "sub.dominio.premios.online",
        "<a href=x>Ana</a>",
        "Ana <script>",
        "[url=x]Ana[/url]",
    ],
)
def test_a_web_address_or_markup_is_no_name(name: str) -> None:
    assert has_link(name)
    assert reason_to_hold(a_card(name=name)) is HoldReason.LINK_IN_NAME


@pytest.mark.parametrize(
    "name",
    [
        "Ana Torres",
        "Ma. Guadalupe",
        "Ma.Guadalupe Pérez",
        "J.L. Borges",
        "Sr.Martínez de la O",
        "Comercializadora del Norte S.A.de C.V.",
        "O'Brien & Hijos / Ventas",
        "ana.torres@example.com",
        "Ana (Marketing) - 3 < 4",
        "D'Angelo [México]",
        "李小龍",
        "",
    ],
)
def test_what_people_are_called_is_not_held(name: str) -> None:
    assert not has_link(name)
    assert reason_to_hold(a_card(name=name)) is None


@pytest.mark.parametrize(
    ("email", "disposable"),
    [
        ("ana@mailinator.com", True),
        ("ana@sub.mailinator.com", True),
        ("ana@gmail.com", False),
        ("ventas@empresa.com.mx", False),
        ("ana@nomailinator.com", False),
        (None, False),
    ],
)
def test_an_address_that_anybody_uses_for_minutes(email: str | None, disposable: bool) -> None:
    assert is_disposable(email) is disposable
    expected = HoldReason.DISPOSABLE_EMAIL if disposable else None
    assert reason_to_hold(a_card(email=email)) is expected


def test_what_is_said_of_a_submission_that_several_rules_hold() -> None:
    card = a_card(name="www.premios", email="a@mailinator.com")

    assert reason_to_hold(card, test=True, honeypot=True, over_limit=True) is HoldReason.TEST
    assert reason_to_hold(card, honeypot=True, over_limit=True) is HoldReason.HONEYPOT
    assert reason_to_hold(card, over_limit=True) is HoldReason.LINK_IN_NAME
    assert reason_to_hold(a_card(), over_limit=True) is HoldReason.OVER_LIMIT
