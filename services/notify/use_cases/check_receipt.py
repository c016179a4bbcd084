"""Asks the provider for the receipt of a sent touch whose callback never arrived."""

from kit.errors import Unavailable
from services.notify.decisions.receipts import next_receipt_check
from services.notify.deps import Deps
from services.notify.repositories import checks
from services.notify.repositories.checks import DueCheck
from services.notify.touches import State
from services.notify.use_cases.record_provider_health import record_failure
from services.notify.use_cases.record_receipt import apply_receipt


async def check_receipt(check: DueCheck, deps: Deps) -> None:
    """Applies the provider's answer, and plans the next check."""
    touch = check.touch
    receipt = None
    try:
        if check.provider_ref:
            receipt = await deps.senders[touch.channel].fetch_status(check.provider_ref)
    except Unavailable as outage:
        await record_failure(deps.breakers[touch.channel], outage, deps)
        return
    if receipt is not None:
        await apply_receipt(touch.touch_id, receipt, deps)
    wait = None
    if check.provider_ref:
        wait = next_receipt_check(check.age_seconds, first=deps.settings.receipt_timeout)
    await checks.check_again(deps.database, touch.touch_id, State.SENT, check_in=wait)
