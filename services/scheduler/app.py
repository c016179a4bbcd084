"""Composition root of scheduler."""

from functools import partial

from fastapi import FastAPI

from domain.journey.parser import journey_hash
from domain.journey.settings import load_journey
from kit.failed_work import OUTBOX_ROWS, carry_out
from kit.leader import Leader
from kit.operators import answer_only_to
from kit.runtime import build_runtime, make_app, with_tracing
from services.scheduler.consumers import PUBLISHES, router
from services.scheduler.deps import Deps
from services.scheduler.http import routes
from services.scheduler.jobs import BacklogDrain, jobs
from services.scheduler.repositories.timers import TIMER_ROWS, Store
from services.scheduler.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Raises InvalidJourney, with every mistake in it, when the journey file is not sound."""
    settings = settings or Settings()
    runtime = build_runtime("scheduler", settings)
    journey, content = load_journey(settings)
    store = Store(
        runtime.database,
        journey,
        journey_hash=journey_hash(content),
        content=content,
        spread=settings.spread,
    )

    async def open_deps() -> Deps:
        leader = Leader(dsn=settings.dsn, name="backlog", job=BacklogDrain(store, settings))
        failed_work = partial(
            carry_out, runtime.database, service="scheduler", rows=[TIMER_ROWS, OUTBOX_ROWS]
        )
        return Deps(settings=settings, store=store, leader=leader, failed_work=failed_work)

    app = make_app(
        runtime,
        open_deps=open_deps,
        handlers=router,
        routes=[routes],
        jobs=jobs,
        publishes=PUBLISHES,
    )
    answer_only_to(app, "scheduler", addresses=settings.allowed_hosts.split(","))
    return with_tracing(app, runtime)
