"""What intake does by the clock."""

from collections.abc import Sequence

from kit.periodic import Tick
from services.intake.deps import Deps


def ticks(deps: Deps) -> Sequence[Tick]:
    return (Tick("forget_old_keys", 3600, deps.store.forget_old_keys),)
