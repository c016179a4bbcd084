"""Which phones and mailboxes belong to one person."""

import pytest

from simulator.inboxes import Card, Person, group_cards

PHONE = "+525512345678"
OTHER = "+528112345678"
ANA = "ana@example.com"
WORK = "ana@work.mx"


@pytest.mark.parametrize(
    ("cards", "people"),
    [
        pytest.param([], [], id="nobody"),
        pytest.param(
            [Card(email=ANA, at=2), Card("Ana", PHONE, ANA, at=1)],
            [Person(PHONE, PHONE, "Ana", [ANA], at=2)],
            id="a mailbox joins the phone it was seen with",
        ),
        pytest.param(
            [Card(phone=PHONE, at=1), Card(email=ANA, at=2)],
            [Person(PHONE, PHONE, at=1), Person(ANA, None, emails=[ANA], at=2)],
            id="nothing connects them",
        ),
        pytest.param(
            [Card("Ana", PHONE, ANA), Card("Ana", PHONE, WORK)],
            [Person(PHONE, PHONE, "Ana", [ANA, WORK])],
            id="two mailboxes",
        ),
        pytest.param(
            [Card("Ana", PHONE, ANA), Card("Luis", OTHER, ANA)],
            [Person(PHONE, PHONE, "Ana", [ANA]), Person(OTHER, OTHER, "Luis")],
            id="a shared mailbox stays with the first",
        ),
    ],
)
def test_who_is_who(cards: list[Card], people: list[Person]) -> None:
    assert group_cards(cards) == people
