"""Intake's periodic jobs."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from kit.periodic import PeriodicJob
from services.intake.deps import Deps
from services.intake.repositories.held_submissions import hold_suspects
from services.intake.repositories.raw_submissions import forget_old_bodies
from services.intake.repositories.submissions import forget_old_keys

KEY_RETENTION = timedelta(days=7)
BODY_RETENTION = timedelta(days=30)


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    """Returns the jobs, with their intervals in seconds."""
    forget_keys = partial(forget_old_keys, deps.database, KEY_RETENTION)
    forget_bodies = partial(forget_old_bodies, deps.database, BODY_RETENTION)
    return (
        PeriodicJob("forget_old_keys", 3600, forget_keys),
        PeriodicJob("forget_old_bodies", 3600, forget_bodies),
        PeriodicJob("hold_suspects", 3600, partial(hold_suspects, deps.database)),
    )
