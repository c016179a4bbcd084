"""Intake's periodic jobs."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from kit.periodic import PeriodicJob
from services.intake.deps import Deps
from services.intake.repositories.deliveries import forget_old
from services.intake.repositories.held_submissions import hold_suspects
from services.intake.repositories.imports import forget_old_lines
from services.intake.repositories.raw_submissions import forget_old_bodies
from services.intake.repositories.submissions import forget_old_keys
from services.intake.use_cases.import_leads import work_imports
from services.intake.use_cases.process_deliveries import process_due_deliveries
from services.intake.use_cases.read_meta import backfill_meta, check_meta
from services.intake.waking import woken_job

KEY_RETENTION = timedelta(days=7)
BODY_RETENTION = timedelta(days=30)


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    """Returns the jobs, with their intervals in seconds."""
    forget_keys = partial(forget_old_keys, deps.database, KEY_RETENTION)
    forget_bodies = partial(forget_old_bodies, deps.database, BODY_RETENTION)
    periodic: tuple[PeriodicJob, ...] = (
        woken_job(
            "process_deliveries", 1, partial(process_due_deliveries, deps), deps.deliveries_due
        ),
        woken_job("work_imports", 1, partial(work_imports, deps), deps.imports_due),
        PeriodicJob("forget_old_keys", 3600, forget_keys),
        PeriodicJob("forget_old_bodies", 3600, forget_bodies),
        PeriodicJob(
            "forget_old_deliveries", 3600, partial(forget_old, deps.database, BODY_RETENTION)
        ),
        PeriodicJob(
            "forget_old_lines", 3600, partial(forget_old_lines, deps.database, BODY_RETENTION)
        ),
        PeriodicJob("hold_suspects", 3600, partial(hold_suspects, deps.database)),
    )
    if deps.settings.meta.page_token.get_secret_value():
        seconds = min(60.0, deps.settings.meta.backfill_seconds)
        periodic += (
            PeriodicJob("backfill_meta", seconds, partial(backfill_meta, deps)),
            PeriodicJob("check_meta", seconds, partial(check_meta, deps)),
        )
    return periodic
