"""Delivers a touch that was held, if nothing holds it any more."""

import contextlib

from kit.errors import Unavailable
from services.notify.deps import Deps
from services.notify.repositories.checks import DueCheck
from services.notify.use_cases.deliver import deliver

RETRY_SECONDS = 5.0


async def resume_held(held: DueCheck, deps: Deps) -> None:
    """Delivers the touch. After an outage it was surely not sent, and a job tries it again."""
    with contextlib.suppress(Unavailable):
        await deliver(held.touch, held.card, deps, check_in=RETRY_SECONDS)
