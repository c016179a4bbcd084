"""The firing table: since when timers are fired without a pause.

Timers that fall due during a pause are late. However many fall due at once are not.
"""

from kit.database import Database

RECORD_BEAT = """
insert into firing (since, last)
values (now(), now())
on conflict (single) do update
set
  last = now(),
  since = case
    when firing.last < now() - make_interval(secs => $1) then now()
    else firing.since
  end
where firing.last < now() - make_interval(secs => $2)"""


async def record_beat(database: Database, *, pause: float, every: float) -> None:
    """Records that timers are fired now, at most once in `every` seconds.

    After more than `pause` seconds without a beat the firing begins again.
    """
    await database.fetch(RECORD_BEAT, pause, every)
