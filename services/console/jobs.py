"""Console's periodic jobs: the log file, the projections, and deleting old rows."""

from collections.abc import Sequence

from kit.periodic import PeriodicJob
from services.console.deps import Deps


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    return (
        PeriodicJob("write_actions_log", 1, deps.log_writer),
        PeriodicJob("project", 1, deps.projector),
        PeriodicJob("forget_ended_sessions", 3600, deps.ended_sessions.forget_old),
        PeriodicJob("forget_logins", 3600, deps.logins.forget_old),
    )
