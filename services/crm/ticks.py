"""What crm does by the clock."""

from collections.abc import Sequence

from kit.ticks import Tick
from services.crm.deps import Deps


def ticks(deps: Deps) -> Sequence[Tick]:
    return (
        Tick("tell_kommo", 1, deps.leader),
        Tick("forget_old_events", 3600, deps.store.forget_old_events),
    )
