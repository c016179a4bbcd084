"""The budget counted from the ledger: each visitor's spending and number of names."""

import pytest

from contracts.events.touch import Channel
from kit.database import Database
from services.notify.budget import Budget
from services.notify.decisions.spending import Caps, read_prices
from services.notify.repositories.touches import Touches
from services.notify.touches import Touch
from tests.builders import a_card, a_touch

pytestmark = pytest.mark.connected

CAPS = Caps(
    prefix_hour=20,
    door_hour=500,
    door_day=2000,
    source_share=0.5,
    visitor_share=0.05,
    visitor_names=5,
    daily=10,
)
OFFICE = "visitor-1"
CAFE = "visitor-2"


def a_call(number: int) -> Touch:
    return a_touch(
        Channel.CALL, lead_id=number, address=f"+52811234{number:04}", submission_id=number
    )


async def call(touches: Touches, number: int, visitor: str, name: str) -> None:
    """As if this lead was called."""
    card = a_card(name=name, phone=f"+52811234{number:04}", visitor=visitor)
    claimed = await touches.claim(a_call(number), card, country="MX")
    assert claimed.claim.attempt == 1


async def a_budget(database: Database, price: str = "call=0") -> Budget:
    budget = Budget(database, caps=CAPS, prices=read_prices(price), home="MX")
    await budget.count()
    return budget


async def test_the_sixth_name_of_one_visitor_waits(database: Database, touches: Touches) -> None:
    for number in range(5):
        await call(touches, number, OFFICE, f"Persona {number}")
    budget = await a_budget(database)
    seventh = a_call(7)

    assert budget.cap(seventh, "MX", a_card(name="PERSONA 4", visitor=OFFICE)) is None
    assert budget.cap(seventh, "MX", a_card(name="Otra", visitor=OFFICE)) == f"visitor {OFFICE}"
    assert budget.cap(seventh, "MX", a_card(name="Otra", visitor=CAFE)) is None
    assert budget.cap(seventh, "MX", a_card(name="Otra", visitor=None)) is None


async def test_a_burst_between_two_counts_is_no_way_round(database: Database) -> None:
    budget = await a_budget(database)
    caps = [
        budget.cap(a_call(n), "MX", a_card(name=f"Persona {n}", visitor=OFFICE)) for n in range(8)
    ]

    assert caps == [None] * 5 + [f"visitor {OFFICE}"] * 3


async def test_one_visitors_share_of_the_days_money(database: Database, touches: Touches) -> None:
    await call(touches, 1, OFFICE, "Ana")
    budget = await a_budget(database, "call=0.4")
    card = a_card(name="Ana", visitor=OFFICE)
    assert budget.cap(a_call(2), "MX", card) is None
    budget.spend(a_call(2), "MX", card)

    assert budget.cap(a_call(3), "MX", card) == f"visitor {OFFICE}"
    assert budget.cap(a_call(3), "MX", a_card(name="Luz", visitor=CAFE)) is None
