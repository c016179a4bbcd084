"""Intake's periodic jobs."""

from collections.abc import Sequence
from functools import partial

from kit.periodic import PeriodicJob
from services.intake.deps import Deps
from services.intake.repositories import forget_old_keys


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    """Returns the jobs, with their intervals in seconds."""
    return (PeriodicJob("forget_old_keys", 3600, partial(forget_old_keys, deps.database)),)
