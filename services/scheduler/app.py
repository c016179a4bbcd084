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
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.repositories.timers import FAILED_TIMERS
from services.scheduler.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Raises InvalidJourney, which lists every mistake, when the journey file is not valid."""
    settings = settings or Settings()
    runtime = build_runtime("scheduler", settings)
    journey, content = load_journey(settings)
    journeys = Journeys(journey, version=journey_hash(content), content=content)
    database = runtime.database

    async def open_deps() -> Deps:
        drain = BacklogDrain(database, journeys, settings)
        failed_work = partial(
            carry_out, database, service="scheduler", rows=[FAILED_TIMERS, OUTBOX_ROWS]
        )
        return Deps(
            settings=settings,
            database=database,
            journeys=journeys,
            leader=Leader(dsn=settings.dsn, name="backlog", job=drain),
            failed_work=failed_work,
        )

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
