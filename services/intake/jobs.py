"""What intake does by the clock."""

from collections.abc import Sequence

from kit.periodic import PeriodicJob
from services.intake.deps import Deps


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    return (PeriodicJob("forget_old_keys", 3600, deps.store.forget_old_keys),)
