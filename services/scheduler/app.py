"""Composition root of scheduler."""

from functools import partial

from fastapi import FastAPI

from domain.journey.parser import journey_hash
from domain.journey.settings import load_journey
from kit.failed_work import OUTBOX_ROWS, carry_out
from kit.leader import Leader
from kit.operators import answer_only_to
from kit.runtime import make_app, make_frame, traced
from services.scheduler.consumers import SAYS, router
from services.scheduler.deps import Deps
from services.scheduler.http import routes
from services.scheduler.jobs import CatchingUp, ticks
from services.scheduler.repositories import TIMER_ROWS, Store
from services.scheduler.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Raises InvalidJourney, with every mistake in it, when the journey file is not sound."""
    settings = settings or Settings()
    frame = make_frame("scheduler", settings)
    journey, content = load_journey(settings)
    store = Store(frame.database, journey, journey_hash=journey_hash(content), content=content, spread=settings.spread)

    async def open_deps() -> Deps:
        leader = Leader(dsn=settings.dsn, name="catch_up", work=CatchingUp(store, settings))
        failed_work = partial(carry_out, frame.database, service="scheduler", rows=[TIMER_ROWS, OUTBOX_ROWS])
        return Deps(settings=settings, store=store, leader=leader, failed_work=failed_work)

    app = make_app(frame, open_deps=open_deps, handlers=router, routes=[routes], ticks=ticks, says=SAYS)
    answer_only_to(app, "scheduler", addresses=settings.allowed_hosts.split(","))
    return traced(app, frame)
