"""What console does by the clock."""

from collections.abc import Sequence

from kit.periodic import Tick
from services.console.deps import Deps


def ticks(deps: Deps) -> Sequence[Tick]:
    return (
        Tick("write_actions_log", 1, deps.log_writer),
        Tick("project", 1, deps.projector),
        Tick("forget_ended_sessions", 3600, deps.ended_sessions.forget_old),
        Tick("forget_logins", 3600, deps.logins.forget_old),
    )
