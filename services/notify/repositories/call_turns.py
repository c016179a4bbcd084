"""notify's SQL: the turns of calls, which all replicas share. One row holds the last turn given."""

from datetime import timedelta

from kit.database import Database

TAKE_TURN = """
insert into call_turns as turns (one_row, next_at, placed_at) values (true, now() + $1, now())
on conflict (one_row) do update
set next_at = greatest(turns.next_at, now()) + $1,
    placed_at = case when turns.next_at <= now() then now() else turns.placed_at end
returning extract(epoch from next_at - $1 - now())::float8 as wait"""
USE_TURN = """
update call_turns
set placed_at = now()
where placed_at <= now() - $1::interval
returning true"""
NEARLY = 0.9  # of an interval since the last call is enough: jobs do not run to the millisecond


class CallTurns:
    """Gives each call its turn, `per_second` in all; None gives every call its turn at once."""

    def __init__(self, database: Database, per_second: float | None) -> None:
        self._database = database
        self._interval = timedelta(seconds=1 / per_second) if per_second else None

    async def take(self) -> float:
        """Takes the next turn. Returns the seconds until then; 0 for now. Raises Unavailable."""
        if self._interval is None:
            return 0.0
        [row] = await self._database.fetch(TAKE_TURN, self._interval)
        return max(float(row["wait"]), 0.0)

    async def use(self) -> float:
        """Uses a turn that has come. Returns the seconds to wait if a call has just left.

        After a stop of all replicas many turns have come, and they are still used one by one.
        Raises Unavailable.
        """
        if self._interval is None or await self._database.fetch(USE_TURN, self._interval * NEARLY):
            return 0.0
        return self._interval.total_seconds()
