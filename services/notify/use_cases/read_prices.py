"""Reads what calls and messages really cost, once Twilio has settled it: a day later."""

from services.notify.deps import Deps
from services.notify.repositories import spending

AT_ONCE = 20


async def read_prices(deps: Deps) -> bool:
    """Stores the prices that are known by now. Returns whether there may be more."""
    unpriced = await spending.take_unpriced(deps.database, limit=AT_ONCE)
    for touch_id, ref in unpriced:
        bill = await deps.bill_of(ref)
        if bill is not None:
            await spending.store_bill(deps.database, touch_id, bill.units, bill.price)
    return len(unpriced) == AT_ONCE
