"""What touches really cost: read once it is settled, a day later, and counted from then on."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from contracts.events.touch import Channel
from kit.database import Database
from providers.twilio.models import Bill
from services.notify.budget import Budget
from services.notify.decisions.settlements import sent
from services.notify.decisions.spending import read_prices as written_prices
from services.notify.deps import Deps
from services.notify.repositories import spending
from services.notify.repositories.touches import Touches
from services.notify.touches import Touch
from services.notify.use_cases.read_prices import read_prices
from tests.builders import a_card, a_touch
from tests.integration.services.notify.test_budget import CAPS

pytestmark = pytest.mark.connected

DAY = timedelta(days=1)
DATE = datetime(2026, 2, 12, tzinfo=UTC)


async def a_sent_touch(touches: Touches, channel: Channel, lead_id: int) -> Touch:
    touch = a_touch(channel, lead_id=lead_id, submission_id=lead_id)
    claimed = await touches.claim(touch, a_card(), country="MX")
    settled = sent(
        touch, claimed.claim, f"SM{lead_id}", subject="", text="Hola", asked_at=DATE, check_in=1
    )
    await touches.settle(settled)
    return touch


async def ages(database: Database, touch: Touch, age: timedelta) -> None:
    statement = "update touches set first_claimed_at = now() - $2::interval where touch_id = $1"
    await database.fetch(statement, touch.touch_id, age)


def asks(database: Database, bills: dict[str, Bill | None]) -> tuple[Deps, list[str]]:
    """Returns deps whose Twilio knows these bills, and the references that it is asked for."""
    asked: list[str] = []

    async def bill_of(ref: str) -> Bill | None:
        asked.append(ref)
        return bills.get(ref)

    return cast("Deps", SimpleNamespace(database=database, bill_of=bill_of)), asked


async def test_a_price_is_read_a_day_later_and_never_again(
    database: Database, touches: Touches
) -> None:
    fresh = await a_sent_touch(touches, Channel.SMS, 1)
    old = await a_sent_touch(touches, Channel.SMS, 2)
    ancient = await a_sent_touch(touches, Channel.SMS, 3)
    for touch, age in ((fresh, DAY / 2), (old, DAY * 1.1), (ancient, DAY * 8)):
        await ages(database, touch, age)
    deps, asked = asks(database, {"SM2": Bill(2, 0.085)})

    assert await read_prices(deps) is False
    assert await read_prices(deps) is False
    assert asked == ["SM2"]
    [row] = await database.fetch("select units, price from touches where provider_ref = 'SM2'")
    assert (row["units"], row["price"]) == (2, 0.085)


async def test_an_unsettled_price_is_asked_for_again_the_next_day(
    database: Database, touches: Touches
) -> None:
    touch = await a_sent_touch(touches, Channel.CALL, 1)
    await ages(database, touch, DAY * 1.5)
    deps, asked = asks(database, {"SM1": Bill(None, None)})
    await read_prices(deps)
    await read_prices(deps)
    assert asked == ["SM1"]

    await database.fetch("update touches set price_checked_at = now() - interval '25 hours'")
    await read_prices(deps)
    assert asked == ["SM1", "SM1"]


async def test_the_cap_counts_segments_and_the_dearer_price(
    database: Database, touches: Touches
) -> None:
    touch = await a_sent_touch(touches, Channel.SMS, 1)
    await spending.set_units(database, touch.touch_id, 3)
    budget = Budget(database, caps=CAPS, prices=written_prices("sms=2,call=1"), home="MX")
    await budget.count()

    assert budget.allows(Channel.CALL, "MX"), "6 of 10 are spent"
    assert budget.allows(Channel.SMS, "MX"), "of two segments"

    await spending.store_bill(database, touch.touch_id, 3, 9.0)
    await budget.count_prices()
    await budget.count()
    assert budget.allows(Channel.CALL, "MX"), "9 of 10 are spent"
    assert not budget.allows(Channel.SMS, "MX"), "a segment was really charged 3"


async def test_a_call_that_nobody_answered_costs_nothing(
    database: Database, touches: Touches
) -> None:
    touch = await a_sent_touch(touches, Channel.CALL, 1)
    budget = Budget(database, caps=CAPS, prices=written_prices("call=6"), home="MX")
    await budget.count()
    assert not budget.allows(Channel.CALL, "MX")

    await spending.set_units(database, touch.touch_id, 0)
    await budget.count()
    assert budget.allows(Channel.CALL, "MX")
